/**
 * Where the service is, and whether the bucket is part of its host or of the
 * path, from storage options.
 *
 * @module
 */

import type { OptionValues as Values } from "./s3_option_names.ts";
import { invalidOption, parseBoolean } from "./s3_option_value.ts";

/**
 * The service's URL without a slash at the end; `undefined` for AWS's own.
 *
 * @param sources Where to look, the strongest first.
 * @throws {DeltaError} `DELTA_STORE_OPTION_INVALID`.
 */
export function endpointOf(
  sources: readonly Values[],
  allowHttp: boolean,
): string | undefined {
  const text = sources.map(endpointIn).find((found) => found !== undefined);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalidOption(
      "endpoint",
      "it is not an http or https URL",
      "Give it in full, such as https://minio.example.org:9000",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw invalidOption(
      "endpoint",
      "it holds a user name or password",
      "Give credentials as access_key_id and secret_access_key",
    );
  }
  if (url.protocol === "http:" && !allowHttp) {
    throw invalidOption(
      "endpoint",
      `${url.origin} is plain http, and requests would cross the network unencrypted`,
      "Set allow_http (AWS_ALLOW_HTTP) to true if that is meant",
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function endpointIn(values: Values): string | undefined {
  return values.get("endpoint_url_s3") ?? values.get("endpoint_url") ??
    values.get("endpoint");
}

/** Whether the bucket is the first part of the path: the default where an endpoint is given. */
export function isPathStyle(values: Values, hasEndpoint: boolean): boolean {
  const force = values.get("force_path_style");
  if (force !== undefined) return parseBoolean("force_path_style", force);
  const virtual = values.get("virtual_hosted_style_request");
  if (virtual !== undefined) {
    return !parseBoolean("virtual_hosted_style_request", virtual);
  }
  const style = values.get("s3_addressing_style")?.toLowerCase();
  if (style === undefined || style === "auto") return hasEndpoint;
  if (style === "path" || style === "virtual") return style === "path";
  throw invalidOption(
    "s3_addressing_style",
    "it is neither path, virtual nor auto",
    "Set it to one of them",
  );
}

/** The endpoint without the bucket: others want it there when it is virtual-hosted, and the SDK adds it itself. */
export function hostOfService(
  endpoint: string,
  bucket: string,
  pathStyle: boolean,
): string {
  if (pathStyle) return endpoint;
  return endpoint.replace(`://${bucket}.`, "://");
}
