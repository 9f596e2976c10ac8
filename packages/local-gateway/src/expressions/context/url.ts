import { NetDictionary } from "../collections.ts";
import type { TypeDefinition } from "../types/definition.ts";
import { Uri } from "../types/uri.ts";
import { NetObject } from "../values.ts";

/** IUrl: a URL as policies see it. */
export class Url extends NetObject {
  readonly typeName = "IUrl";
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** With its question mark; empty when there is none. */
  readonly queryString: string;
  #query: NetDictionary | undefined;

  constructor(parts: {
    readonly scheme: string;
    readonly host: string;
    readonly port: number;
    readonly path: string;
    readonly queryString: string;
  }) {
    super();
    this.scheme = parts.scheme;
    this.host = parts.host;
    this.port = parts.port;
    this.path = parts.path;
    this.queryString = parts.queryString;
  }

  /** @throws TypeError when the text isn't an absolute URL */
  static parse(text: string): Url {
    return Url.#of(new URL(text));
  }

  /** @returns undefined when the text isn't an absolute URL */
  static tryParse(text: string): Url | undefined {
    const url = URL.parse(text);
    return url ? Url.#of(url) : undefined;
  }

  static #of(url: URL): Url {
    const scheme = url.protocol.slice(0, -1);
    const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
    return new Url({ scheme, host: url.hostname, port, path: url.pathname, queryString: url.search });
  }

  /** The query's parameters, decoded; each name with its values in order. */
  get query(): NetDictionary {
    if (!this.#query) {
      const query = new NetDictionary([], { typeName: "StringValues" });
      for (const [name, value] of new URLSearchParams(this.queryString)) {
        query.set(name, [...((query.find(name) as readonly string[] | undefined) ?? []), value]);
      }
      this.#query = query;
    }
    return this.#query;
  }

  get origin(): string {
    const standard = this.scheme === "https" ? 443 : 80;
    return `${this.scheme}://${this.host}${this.port === standard ? "" : `:${this.port}`}`;
  }

  with(parts: { readonly path?: string; readonly queryString?: string }): Url {
    return new Url({
      scheme: this.scheme,
      host: this.host,
      port: this.port,
      path: parts.path ?? this.path,
      queryString: parts.queryString ?? this.queryString,
    });
  }

  override toText(): string {
    return `${this.origin}${this.path}${this.queryString}`;
  }
}

export const urlType: TypeDefinition = {
  name: "IUrl",
  namespace: "",
  holds: (value) => value instanceof Url,
  properties: {
    Scheme: { type: "string", get: (self: Url) => self.scheme },
    Host: { type: "string", get: (self: Url) => self.host },
    Port: { type: "int", get: (self: Url) => self.port },
    Path: { type: "string", get: (self: Url) => self.path },
    Query: { type: "StringValues", get: (self: Url) => self.query },
    QueryString: { type: "string", get: (self: Url) => self.queryString },
  },
  methods: {
    ToUri: {
      type: "Uri",
      count: [0, 0],
      call: (self: Url) => new Uri(new URL(self.toText()), self.toText()),
    },
  },
};
