import { assert, assertEquals } from "@std/assert";
import { readFailure } from "./s3_answer.ts";
import type { Repeated } from "./s3_call.ts";
import {
  createInParts,
  type MultipartRequests,
  uploadInParts,
} from "./s3_multipart.ts";

type Step = "begin" | "send" | "complete" | "abandon";

/** Requests that write down what they are asked; some fail. */
function upload(fails: (step: Step, number: number) => boolean = () => false) {
  const log: string[] = [];
  const sizes: number[] = [];
  const failed = {
    done: false,
    failure: readFailure({ $metadata: { httpStatusCode: 500 } }),
    ambiguous: true,
  } as const;
  const step = <T>(name: Step, number: number, value: T): Repeated<T> => {
    log.push(number > 0 ? `${name} ${number}` : name);
    return fails(name, number)
      ? failed
      : { done: true, value, ambiguous: false };
  };
  const requests: MultipartRequests<number> = {
    begin: () => Promise.resolve(step("begin", 0, "id")),
    send: (_, number, bytes, signal) => {
      sizes[number - 1] = bytes.length;
      return Promise.resolve(
        signal?.aborted ? failed : step("send", number, number),
      );
    },
    complete: (_, parts) =>
      Promise.resolve(step("complete", 0, void log.push(parts.join()))),
    abandon: () => Promise.resolve(step("abandon", 0, undefined)),
  };
  return { requests, log, sizes };
}

Deno.test("uploadInParts() sends every part once and completes them in order", async () => {
  const { requests, log, sizes } = upload();
  const ended = await uploadInParts(
    requests,
    new Uint8Array(25),
    10,
    undefined,
  );
  assert(ended.done);
  assertEquals(sizes, [10, 10, 5]);
  assertEquals(log.slice(-2), ["1,2,3", "complete"]);
  assert(!log.includes("abandon"));
});

Deno.test("uploadInParts() makes parts larger where there would be too many", async () => {
  const { requests, sizes } = upload();
  await uploadInParts(requests, new Uint8Array(25_000), 1, undefined);
  assertEquals(sizes.length, 8334);
  assertEquals(sizes[0], 3);
});

Deno.test("uploadInParts() drops the upload when a part or the end fails", async () => {
  const part = upload((step, number) => step === "send" && number === 2);
  const ended = await uploadInParts(
    part.requests,
    new Uint8Array(200),
    10,
    undefined,
  );
  // A part that failed has certainly no effect on the object.
  assertEquals([ended.done, ended.ambiguous], [false, false]);
  assertEquals(part.log.at(-1), "abandon");
  assert(!part.log.includes("complete"));
  const last = upload((step) => step === "complete");
  const open = await uploadInParts(
    last.requests,
    new Uint8Array(20),
    10,
    undefined,
  );
  assertEquals([open.done, open.ambiguous], [false, true]);
  assertEquals(last.log.at(-1), "abandon");
});

Deno.test("uploadInParts() has nothing to drop when it could not begin", async () => {
  const { requests, log } = upload((step) => step === "begin");
  const ended = await uploadInParts(
    requests,
    new Uint8Array(20),
    10,
    undefined,
  );
  assertEquals([ended.done, ended.ambiguous], [false, false]);
  assertEquals(log, ["begin"]);
});

Deno.test("createInParts() tells of the last request only what that one was told", async () => {
  const answers = async (fails: (step: Step, number: number) => boolean) => {
    const { requests, log } = upload(fails);
    const outcome = await createInParts(
      requests,
      new Uint8Array(25),
      10,
      undefined,
      () => ({ kind: "exists" }),
    );
    return `${outcome.kind}, ${log.at(-1)}`;
  };
  assertEquals(await answers(() => false), "created, complete");
  assertEquals(await answers((step) => step === "complete"), "exists, abandon");
  // Without the last request there is no object: certainly refused, whatever the failure was.
  assertEquals(await answers((step) => step === "send"), "rejected, abandon");
  assertEquals(await answers((step) => step === "begin"), "rejected, begin");
});
