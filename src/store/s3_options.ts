/** placeholder @module */
export function checkOptionNames(
  _s: Readonly<Record<string, string>>,
): { fsync?: boolean | undefined } {
  return {};
}
export function readS3Options(
  _b: string,
  _s: unknown,
  _e: unknown,
  _w: unknown,
): unknown {
  throw new Error("s3 comes in minutes");
}
