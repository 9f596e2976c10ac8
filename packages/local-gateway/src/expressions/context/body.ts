import { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { NetDictionary, NetList } from "../collections.ts";
import { raise } from "../exceptions.ts";
import { typeText } from "../type-ref.ts";
import type { TypeDefinition } from "../types/definition.ts";
import { readJson } from "../types/json-reader.ts";
import { JArray, JObject } from "../types/json-values.ts";
import { NetObject } from "../values.ts";
import { BodyTooLarge, limited } from "./limited.ts";

/** The content of a message that has arrived whole and is unread; undefined while some of it is on its way. */
export function receivedWhole(content: Readable): Uint8Array | undefined {
  const isHere = content instanceof IncomingMessage && content.complete && !content.destroyed;
  if (!isHere || content.readableFlowing || content.readableDidRead) return undefined;
  const bytes: Buffer | null = content.read();
  content.resume();
  return bytes ?? new Uint8Array();
}

/** IMessageBody: held as bytes, or still a stream that nobody has read. */
export class MessageBody extends NetObject {
  readonly typeName = "IMessageBody";
  #bytes: Uint8Array | undefined;
  #stream: Readable | undefined;
  readonly #limit: number | undefined;

  /** @param limit of a client's stream, in bytes; its rest is the server's to read */
  constructor(content: Uint8Array | Readable, limit?: number) {
    super();
    this.#limit = limit;
    if (content instanceof Uint8Array) this.#bytes = content;
    else this.#stream = content;
  }

  static of(text: string): MessageBody {
    return new MessageBody(Buffer.from(text, "utf8"));
  }

  get bytes(): Uint8Array | undefined {
    return this.#bytes;
  }

  /**
   * Reads the stream to its end, so that expressions can see the content.
   *
   * @param limit in bytes
   * @throws BodyTooLarge when there is more; the stream's own error when it breaks
   */
  async buffer(limit: number): Promise<Uint8Array> {
    const stream = this.#stream;
    if (this.#bytes || !stream) return this.#bytes ?? new Uint8Array();
    const whole = receivedWhole(stream);
    if (whole && whole.length > limit) throw new BodyTooLarge(limit);
    this.#bytes = whole ?? (await readAll(stream, limit, this.#limit === undefined));
    this.#stream = undefined;
    return this.#bytes;
  }

  /** Hands the content over to be sent on; a stream can be taken once. */
  take(): Uint8Array | Readable {
    const content = this.#bytes ?? (this.#stream && this.#open(this.#stream)) ?? new Uint8Array();
    if (this.#stream) this.#consume();
    return content;
  }

  /** Ends a stream that nobody will read. */
  discard(): void {
    if (this.#limit === undefined) this.#stream?.destroy();
    this.#consume();
  }

  #open(stream: Readable): Readable {
    return this.#limit === undefined ? stream : limited(stream, this.#limit);
  }

  #consume(): void {
    this.#stream = undefined;
    this.#bytes = new Uint8Array();
  }

  /** The content as text; without `preserve` the body is empty afterwards, as in API Management. */
  text(preserve: boolean): string {
    const { buffer, byteOffset, byteLength } = this.#read(preserve);
    return Buffer.from(buffer, byteOffset, byteLength)
      .toString("utf8")
      .replace(/^\uFEFF/, "");
  }

  #read(preserve: boolean): Uint8Array {
    const bytes = this.#bytes ?? new Uint8Array();
    if (!preserve) this.#consume();
    return bytes;
  }

  /** @param type name of T in `As<T>()` */
  as(type: string, preserve: boolean): unknown {
    if (type === "string") return this.text(preserve);
    if (type === "byte[]") return new Uint8Array(this.#read(preserve));
    const kind = JSON_TYPES[type];
    if (!kind) return raise("NotSupportedException", `The body cannot be read as ${type}`);
    const token = readJson(this.text(preserve));
    return kind(token) ? token : raise("InvalidCastException", `The body's JSON is not a ${type}`);
  }
}

/**
 * Reads a stream by its events: an async iterator costs more than a small body itself.
 *
 * @param ends whether a stream that is too long is destroyed
 */
function readAll(stream: Readable, limit: number, ends: boolean): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const endsEarly = () => reject(stream.errored ?? new Error("the body ended early"));
    if (stream.destroyed) return endsEarly();
    const take = (chunk: Uint8Array) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limit) return;
      stream.off("data", take);
      reject(new BodyTooLarge(limit));
      if (ends) stream.destroy();
    };
    stream.on("data", take);
    stream.once("end", () => {
      stream.off("close", endsEarly);
      resolve(Buffer.concat(chunks));
    });
    stream.once("error", reject);
    stream.once("close", endsEarly);
  });
}

const JSON_TYPES: Readonly<Record<string, (token: unknown) => boolean>> = {
  JToken: () => true,
  JObject: (token) => token instanceof JObject,
  JArray: (token) => token instanceof JArray,
};

export const bodyType: TypeDefinition = {
  name: "IMessageBody",
  namespace: "",
  holds: (value) => value instanceof MessageBody,
  methods: {
    As: {
      type: (_, { typeArguments }) => typeArguments[0],
      count: [0, 1],
      parameters: ["preserveContent"],
      call: (self: MessageBody, [preserve], { typeArguments: [type] }) =>
        self.as(type ? typeText(type) : "string", preserve === true),
    },
    AsFormUrlEncodedContent: {
      type: "Dictionary<string, List<string>>",
      count: [0, 1],
      parameters: ["preserveContent"],
      call: (self: MessageBody, [preserve]) => {
        const form = new NetDictionary();
        for (const [name, value] of new URLSearchParams(self.text(preserve === true))) {
          const list = form.find(name);
          if (list instanceof NetList) list.items.push(value);
          else form.set(name, new NetList([value]));
        }
        return form;
      },
    },
  },
};
