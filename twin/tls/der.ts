/** Distinguished Encoding Rules (ITU-T X.690), as much of them as a certificate takes. */

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => element(0x30, ...contents);
export const set = (...contents: readonly Uint8Array[]): Buffer => element(0x31, ...contents);
export const octetString = (content: Uint8Array): Buffer => element(0x04, content);
export const bitString = (content: Uint8Array): Buffer => element(0x03, Buffer.of(0), content);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text));
/** A context-specific tag around other elements. */
export const explicit = (number: number, content: Uint8Array): Buffer => element(0xa0 + number, content);
/** A context-specific tag in place of the content's own. */
export const implicit = (number: number, content: Uint8Array): Buffer => element(0x80 + number, content);

/** A number from 0 to 127, or a longer one whose first byte is. */
export const integer = (bytes: Uint8Array): Buffer => element(0x02, bytes);

/** UTCTime, good until 2049. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+Z$|[-:T]/g, "");
  return element(0x17, Buffer.from(`${digits.slice(2)}Z`));
}

/** @param dotted such as "2.5.4.3" */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}
