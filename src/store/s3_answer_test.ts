import { assert, assertEquals } from "@std/assert";
import {
  causeOf,
  createOutcome,
  isDefinite,
  isMissingBucket,
  isMissingObject,
  isNobodyThere,
  isTransient,
  putOutcome,
  readFailure,
  RequestTimeout,
  type S3Failure,
} from "./s3_answer.ts";

const answer = (status: number, name = "Error", attempts = 1): S3Failure =>
  readFailure(
    Object.assign(new Error("what the server says"), {
      name,
      $metadata: { httpStatusCode: status, attempts },
    }),
  );

Deno.test("createOutcome() takes 412 for exists only when the request was sent once", () => {
  assertEquals(createOutcome(answer(412, "PreconditionFailed")).kind, "exists");
  assertEquals(
    createOutcome(answer(412, "PreconditionFailed", 2)).kind,
    "unknown",
  );
  assertEquals(createOutcome(answer(304, "NotModified", 2)).kind, "unknown");
});

Deno.test("createOutcome() never calls what has no answer anything but unknown", () => {
  for (
    const error of [
      new RequestTimeout(5),
      Object.assign(new Error("reset"), { code: "ECONNRESET" }),
      Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
      new TypeError("something odd"),
      "thrown text",
      undefined,
    ]
  ) {
    assertEquals(createOutcome(readFailure(error)).kind, "unknown");
  }
});

Deno.test("readFailure() leaves out a name that says nothing", () => {
  assertEquals(readFailure(new Error("no way")).text, "no way");
  assertEquals(readFailure(new TypeError("no way")).text, "TypeError: no way");
});

Deno.test("createOutcome() rejects what was never sent", () => {
  const noKeys = Object.assign(new Error("no keys"), {
    name: "CredentialsProviderError",
  });
  assertEquals(createOutcome(readFailure(noKeys)).kind, "rejected");
  assertEquals(
    createOutcome(readFailure(new Error("Region is missing"))).kind,
    "rejected",
  );
});

Deno.test("every status is either definite or transient, and 1xx and 2xx are neither", () => {
  for (let status = 300; status < 600; status++) {
    assert(
      isDefinite(answer(status)) !== isTransient(answer(status)),
      `${status}`,
    );
  }
  assert(!isDefinite(answer(200)));
  for (const name of ["RequestTimeout", "RequestTimeTooSkewed"]) {
    assert(isTransient(answer(400, name)));
  }
});

Deno.test("putOutcome() takes a refusal after an ambiguous attempt for unknown", () => {
  assertEquals(putOutcome(answer(403), false).kind, "rejected");
  assertEquals(putOutcome(answer(403), true).kind, "unknown");
  assertEquals(putOutcome(answer(503), false).kind, "unknown");
});

Deno.test("readFailure() cuts secrets out and keeps nothing of the client's error but a line", () => {
  const error = Object.assign(new Error("signed by hush-hush\nand more"), {
    name: "SignatureDoesNotMatch",
    CanonicalRequest: "x-amz-security-token:hush-hush",
    $metadata: { httpStatusCode: 403 },
  });
  const failure = readFailure(error, ["hush-hush", ""]);
  assertEquals(failure.text, "403 SignatureDoesNotMatch: signed by …");
  assert(!Deno.inspect(causeOf(failure)).includes("hush"));
});

Deno.test("readFailure() finds the status where parsing the answer failed", () => {
  const error = Object.assign(new SyntaxError("not XML"), {
    $response: { statusCode: 502 },
  });
  assertEquals(readFailure(error).status, 502);
});

Deno.test("a missing bucket, a missing object and a missing server are told apart", () => {
  assert(isMissingBucket(answer(404, "NoSuchBucket")));
  assert(!isMissingObject(answer(404, "NoSuchBucket")));
  assert(isMissingObject(answer(404, "NoSuchKey")));
  assert(isMissingObject(answer(404, "NotFound")));
  assert(isNobodyThere(readFailure({ code: "ENOTFOUND" })));
  assert(!isNobodyThere(answer(503)));
});
