import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { endpointOf, hostOfService, isPathStyle } from "./s3_endpoint.ts";
import type { OptionName, OptionValues } from "./s3_option_names.ts";

const values = (
  record: Partial<Record<OptionName, string>>,
): OptionValues => new Map(Object.entries(record) as [OptionName, string][]);

Deno.test("endpointOf() takes the strongest name of the strongest source", () => {
  const options = values({ endpoint: "https://c", endpoint_url: "https://b" });
  const environment = values({ endpoint_url_s3: "https://a" });
  assertEquals(endpointOf([options, environment], false), "https://b");
  assertEquals(endpointOf([values({}), environment], false), "https://a");
  assertEquals(endpointOf([values({})], false), undefined);
});

Deno.test("endpointOf() keeps a path and drops the slash", () => {
  const options = values({ endpoint: "https://host:9000/minio/" });
  assertEquals(endpointOf([options], false), "https://host:9000/minio");
});

Deno.test("endpointOf() refuses plain http unless it is allowed", () => {
  const options = values({ endpoint: "http://127.0.0.1:9000" });
  const error = assertThrows(() => endpointOf([options], false), DeltaError);
  assertEquals(error.code, "DELTA_STORE_OPTION_INVALID");
  assert(error.message.includes("allow_http"));
  assertEquals(endpointOf([options], true), "http://127.0.0.1:9000");
});

Deno.test("endpointOf() refuses what is no URL, and credentials without repeating them", () => {
  for (const odd of ["minio:9000", "localhost", "ftp://x", "https://"]) {
    assertThrows(
      () => endpointOf([values({ endpoint: odd })], true),
      DeltaError,
      "http",
    );
  }
  const leaky = values({ endpoint: "https://me:hush@host" });
  const error = assertThrows(() => endpointOf([leaky], true), DeltaError);
  assert(!error.message.includes("hush"));
});

Deno.test("isPathStyle() follows the option, else whether there is an endpoint", () => {
  assertEquals(isPathStyle(values({}), true), true);
  assertEquals(isPathStyle(values({}), false), false);
  assertEquals(
    isPathStyle(values({ virtual_hosted_style_request: "true" }), true),
    false,
  );
  assertEquals(
    isPathStyle(values({ virtual_hosted_style_request: "false" }), false),
    true,
  );
  assertEquals(
    isPathStyle(values({ s3_addressing_style: "Path" }), false),
    true,
  );
  assertEquals(
    isPathStyle(values({ s3_addressing_style: "virtual" }), true),
    false,
  );
  assertEquals(
    isPathStyle(values({ s3_addressing_style: "auto" }), true),
    true,
  );
  assertEquals(isPathStyle(values({ force_path_style: "true" }), false), true);
  assertThrows(
    () => isPathStyle(values({ s3_addressing_style: "odd" }), true),
    DeltaError,
  );
});

Deno.test("hostOfService() takes the bucket out of a virtual-hosted endpoint only", () => {
  assertEquals(
    hostOfService("https://b.s3.example", "b", false),
    "https://s3.example",
  );
  assertEquals(
    hostOfService("https://b.s3.example", "b", true),
    "https://b.s3.example",
  );
  assertEquals(
    hostOfService("https://s3.example", "b", false),
    "https://s3.example",
  );
});
