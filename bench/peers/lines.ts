/**
 * Text to lines.
 *
 * @module
 */

/** Cuts a stream of text at line feeds. */
export class TextLineStream extends TransformStream<string, string> {
  /** Makes the stream; it holds no more than the line it is in. */
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const parts = (rest + chunk).split("\n");
        rest = parts.pop()!;
        for (const part of parts) controller.enqueue(part);
      },
      flush(controller) {
        if (rest !== "") controller.enqueue(rest);
      },
    });
  }
}
