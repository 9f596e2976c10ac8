import { raise } from "../exceptions.ts";
import { NetEnum, NetObject } from "../values.ts";
import { enumName, out, text } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";

/** System.Uri, absolute. */
export class Uri extends NetObject {
  readonly typeName = "Uri";
  readonly url: URL;
  readonly original: string;

  constructor(url: URL, original: string) {
    super();
    this.url = url;
    this.original = original;
  }

  override toText(): string {
    return this.url.href;
  }

  override equals(other: unknown): boolean {
    return other instanceof Uri && other.url.href === this.url.href;
  }
}

function parse(source: string, base?: URL): Uri | undefined {
  const url = URL.canParse(source, base?.href) ? new URL(source, base?.href) : undefined;
  return url && new Uri(url, source);
}

const parseOrRaise = (source: string, base?: URL): Uri =>
  parse(source, base) ??
  raise("UriFormatException", "Invalid URI: The format of the URI could not be determined.");

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "ftp:": 21,
  "ws:": 80,
  "wss:": 443,
};

function port(url: URL): number {
  return url.port === "" ? (DEFAULT_PORTS[url.protocol] ?? -1) : Number(url.port);
}

/** RFC 3986 unreserved characters stay; all others are percent-encoded. */
export function escapeData(value: string): string {
  const escaped = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, escaped);
}

/** Decodes percent-encoding; what isn't valid stays as it is. */
export function unescapeData(value: string): string {
  return value.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

export const uriType: TypeDefinition = {
  name: "Uri",
  namespace: "System",
  holds: (value) => value instanceof Uri,
  properties: {
    AbsolutePath: { type: "string", get: (self: Uri) => self.url.pathname },
    AbsoluteUri: { type: "string", get: (self: Uri) => self.url.href },
    Authority: { type: "string", get: (self: Uri) => self.url.host },
    Fragment: { type: "string", get: (self: Uri) => self.url.hash },
    Host: { type: "string", get: (self: Uri) => self.url.hostname },
    IsAbsoluteUri: { type: "bool", get: () => true },
    IsDefaultPort: { type: "bool", get: (self: Uri) => self.url.port === "" },
    IsLoopback: {
      type: "bool",
      get: (self: Uri) => ["localhost", "127.0.0.1", "[::1]"].includes(self.url.hostname),
    },
    LocalPath: { type: "string", get: (self: Uri) => unescapeData(self.url.pathname) },
    OriginalString: { type: "string", get: (self: Uri) => self.original },
    PathAndQuery: { type: "string", get: (self: Uri) => self.url.pathname + self.url.search },
    Port: { type: "int", get: (self: Uri) => port(self.url) },
    Query: { type: "string", get: (self: Uri) => self.url.search },
    Scheme: { type: "string", get: (self: Uri) => self.url.protocol.slice(0, -1) },
    Segments: { type: "string[]", get: (self: Uri) => self.url.pathname.match(/[^/]*\/|[^/]+$/g) ?? ["/"] },
    UserInfo: {
      type: "string",
      get: (self: Uri) => self.url.username + (self.url.password === "" ? "" : `:${self.url.password}`),
    },
  },
  methods: {
    GetLeftPart: {
      type: "string",
      count: [1, 1],
      call: (self: Uri, [partial]) => {
        const origin = `${self.url.protocol}//${self.url.host}`;
        switch (enumName(partial, "UriPartial")) {
          case "Scheme":
            return `${self.url.protocol}//`;
          case "Authority":
            return origin;
          case "Path":
            return origin + self.url.pathname;
          default:
            return origin + self.url.pathname + self.url.search;
        }
      },
    },
  },
  staticMethods: {
    EscapeDataString: {
      type: "string",
      count: [1, 1],
      call: ([value]) => escapeData(text(value, "stringToEscape")),
    },
    EscapeUriString: {
      type: "string",
      count: [1, 1],
      call: ([value]) => encodeURI(text(value, "stringToEscape").toWellFormed()),
    },
    UnescapeDataString: {
      type: "string",
      count: [1, 1],
      call: ([value]) => unescapeData(text(value, "stringToUnescape")),
    },
    TryCreate: {
      type: "bool",
      count: [3, 3],
      call: ([source, kind, result]) => {
        const relative = enumName(kind, "UriKind") === "Relative";
        const uri = typeof source === "string" && !relative ? parse(source) : undefined;
        out(result).set(uri ?? null);
        return uri !== undefined;
      },
    },
    IsWellFormedUriString: {
      type: "bool",
      count: [2, 2],
      call: ([source, kind]) =>
        typeof source === "string" &&
        enumName(kind, "UriKind") !== "Relative" &&
        !/\s/.test(source) &&
        URL.canParse(source),
    },
  },
  construct: {
    count: [1, 2],
    call: ([first, second]) => {
      if (first instanceof Uri)
        return parseOrRaise(second instanceof Uri ? second.original : text(second, "relativeUri"), first.url);
      if (second instanceof NetEnum || second === undefined) return parseOrRaise(text(first, "uriString"));
      return raise("ArgumentException", "A relative URI is not supported");
    },
  },
};
