import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { OptionName } from "./s3_option_names.ts";
import {
  mentionWhatIsIgnored,
  refuseWhatIsUnsafe,
} from "./s3_unheeded_options.ts";

const valuesOf = (name: OptionName, value: string) => new Map([[name, value]]);

function warningsOf(name: OptionName, value: string): string[] {
  const warnings: string[] = [];
  mentionWhatIsIgnored(valuesOf(name, value), (text) => warnings.push(text));
  return warnings;
}

Deno.test("mentionWhatIsIgnored() says of every option without effect that it has none", () => {
  const names: OptionName[] = [
    "copy_if_not_exists",
    "pool_idle_timeout",
    "disable_tagging",
    "sse_bucket_key_enabled",
    "force_credential_load",
  ];
  for (const name of names) {
    const warnings = warningsOf(name, "true");
    assertEquals(warnings.length, 1, name);
    assert(warnings[0]!.startsWith(`${name} has no effect`), warnings[0]);
  }
  assertEquals(warningsOf("s3_allow_unsafe_rename", "false"), []);
  assertEquals(warningsOf("region", "x"), []);
});

Deno.test("refuseWhatIsUnsafe() refuses directory buckets, which list in no order", () => {
  const { code, message } = assertThrows(
    () => refuseWhatIsUnsafe(valuesOf("s3_express", "true")),
    DeltaError,
  );
  assertEquals(code, "DELTA_STORE_OPTION_INVALID");
  assert(message.includes("directory buckets"), message);
  refuseWhatIsUnsafe(valuesOf("s3_express", "false"));
});
