import { type Readable, Transform } from "node:stream";

/** API Management buffers a response in blocks of this size before it sends them on, in bytes. */
const BLOCK = 8 * 1024;

/** The same content, handed on only in whole blocks: what `buffer-response="true"` does to a stream of events. */
export function inBlocks(source: Readable): Readable {
  let held: Buffer[] = [];
  let size = 0;
  const blocks = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      held.push(chunk);
      size += chunk.length;
      if (size >= BLOCK) {
        this.push(Buffer.concat(held));
        held = [];
        size = 0;
      }
      done();
    },
    flush(done) {
      if (size > 0) this.push(Buffer.concat(held));
      done();
    },
  });
  source.once("error", (error) => blocks.destroy(error));
  blocks.once("close", () => source.destroy());
  return source.pipe(blocks);
}
