/**
 * Z85, the base 85 alphabet that deletion vectors use in the log.
 *
 * Source: ZeroMQ RFC 32, and Delta protocol, "Deletion Vector Descriptor Schema".
 *
 * @module
 */

const ALPHABET =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

const DIGITS = new Uint8Array(128).fill(255);
for (let i = 0; i < ALPHABET.length; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

/**
 * Encodes bytes; a length that is no multiple of four is padded with zeros first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(encodeZ85(Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f)), "Hello");
 * ```
 */
export function encodeZ85(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let word = 0;
    for (let i = 0; i < 4; i++) word = word * 256 + (bytes[at + i] ?? 0);
    for (let power = 85 ** 4; power >= 1; power /= 85) {
      text += ALPHABET[Math.floor(word / power) % 85];
    }
  }
  return text;
}

/**
 * Decodes text; the result's length is a multiple of four.
 *
 * @returns The bytes, or `undefined` where the text is not Z85: a foreign
 * character, a length that is no multiple of five, a group past 2^32 - 1.
 */
export function decodeZ85(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 5 * 4);
  for (let group = 0; group * 5 < text.length; group++) {
    let word = 0;
    for (let i = 0; i < 5; i++) {
      const digit = DIGITS[text.charCodeAt(group * 5 + i)] ?? 255;
      if (digit === 255) return undefined;
      word = word * 85 + digit;
    }
    if (word > 0xffff_ffff) return undefined;
    for (let i = 3; i >= 0; i--) {
      bytes[group * 4 + i] = word % 256;
      word = Math.floor(word / 256);
    }
  }
  return bytes;
}
