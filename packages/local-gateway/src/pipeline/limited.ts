import { type Readable, Transform } from "node:stream";
import { BodyTooLarge } from "../expressions/context/body.ts";

/** The same content, which breaks with BodyTooLarge once it is longer than the limit, in bytes. */
export function limited(source: Readable, limit: number): Readable {
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) done(new BodyTooLarge(`the body is larger than ${limit} bytes`));
      else done(null, chunk);
    },
  });
  source.once("error", (error) => counter.destroy(error));
  return source.pipe(counter);
}
