import { type Readable, Transform } from "node:stream";

/** A message body is longer than it may be. */
export class BodyTooLarge extends Error {
  override name = "BodyTooLarge";

  /** @param limit in bytes */
  constructor(limit: number) {
    super(`the body is larger than ${limit} bytes`);
  }
}

/** The same content, which breaks with BodyTooLarge once it is longer than the limit, in bytes. */
export function limited(source: Readable, limit: number): Readable {
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) done(new BodyTooLarge(limit));
      else done(null, chunk);
    },
  });
  if (source.destroyed) return counter.destroy(source.errored ?? undefined);
  source.once("error", (error) => counter.destroy(error));
  return source.pipe(counter);
}
