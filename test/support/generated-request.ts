import fc from "../../functions/testing/generated-input.ts";

/** A request as it stands on the wire, for a server of one's choice. */
export interface GeneratedRequest {
  readonly method: string;
  /** Path and query, as they stand in the request line. */
  readonly target: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Of characters up to U+00FF, each of which is a byte. */
  readonly body: string | undefined;
  readonly isChunked: boolean;
}

/** What stands for a good access token in a generated request. */
const ACCESS_TOKEN = "$access_token";

/** One character for each byte that may stand in a field's value or a target. */
const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const obsolete = fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code));
const valueCharacter = fc.oneof(
  { weight: 8, arbitrary: visible },
  { weight: 1, arbitrary: fc.constantFrom(" ", "\t") },
  { weight: 1, arbitrary: obsolete },
);
const word = fc.string({ unit: visible, maxLength: 20 });

/** Structures that somebody on the way may read as something else. */
const json = fc.oneof(
  fc.json({ maxDepth: 4, noUnicodeString: true } as fc.JsonSharedConstraints),
  fc.constantFrom('{"a b":"c"}', '{"a":"\\r\\n"}', "[1]", "null", '"x"', "{", '{"Headers":{"a b":"c"}}'),
);
const tricky = fc.oneof(
  json,
  fc.constantFrom("", "0", "-1", "1e9", "true", "null", "undefined", "NaN", "__proto__", "constructor"),
  fc.constantFrom(
    "../..",
    "..%2f",
    "%00",
    "%ff",
    "%",
    "%zz",
    "%u0041",
    "%c0%af",
    "%0d%0a",
    "+",
    "&",
    "=",
    ";",
    "#",
  ),
  fc.integer({ min: 1, max: 9_000 }).map((length) => "x".repeat(length)),
  fc.integer({ min: 1, max: 3_000 }).map((times) => "a,".repeat(times)),
);
const token = fc.oneof(
  fc.tuple(json, json, word).map((parts) => parts.map((part) => base64url(part)).join(".")),
  word,
);

function base64url(text: string): string {
  return Buffer.from(text, "latin1").toString("base64url");
}

const PARAMETERS = [
  ["client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "state", "scope"],
  ["resource", "prompt", "max_age", "claims", "request", "login_hint", "code", "error", "iss", "user"],
  ["grant_type", "refresh_token", "token", "client_secret", "client_assertion", "transaction", "decision"],
  // What the Functions host and its worker have under these names.
  ["Headers", "headers", "HEADERS", "Query", "req", "$request", "$return", "sys", "httpTrigger", "__proto__"],
].flat();
const parameter = fc.tuple(
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...PARAMETERS) }, { weight: 1, arbitrary: tricky }),
  fc.oneof(tricky, word, token),
);
/** A metadata document that cannot be fetched is an outage; so no client is named by a URL. */
const parameters = fc
  .array(parameter, { maxLength: 8 })
  .map((pairs) => pairs.filter(([name, value]) => name !== "client_id" || !/^https/i.test(value)));
const form = parameters.map((pairs) => new URLSearchParams(pairs as [string, string][]).toString());
/** As a program writes it, encoded by halves or not at all; characters that end a request line are not of it. */
const query = fc.oneof(
  form,
  parameters.map((pairs) =>
    pairs
      .map(([name, value]) => `${name}=${value}`)
      .join("&")
      .replace(/[^\x21-\x7e\x80-\xff]/g, ""),
  ),
  form.map((text) => text.replace(/[A-Za-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)),
);

function pathOf(paths: readonly string[]): fc.Arbitrary<string> {
  const known = fc.constantFrom(...paths);
  return fc.oneof(
    { weight: 8, arbitrary: known },
    {
      weight: 2,
      arbitrary: fc
        .tuple(known, fc.constantFrom("/", "//", "/.", "/..", "%2f", "%00", ";x", "\\", "/%ff", "%", "/a"))
        .map(([path, end]) => `${path}${end}`),
    },
    { weight: 1, arbitrary: known.map((path) => path.toUpperCase()) },
    { weight: 1, arbitrary: word.map((text) => `/${text.replace(/[#?]/g, "")}`) },
  );
}

const FIELDS = [
  ["accept", "accept-encoding", "accept-language", "content-type", "content-encoding", "content-language"],
  [
    "authorization",
    "cookie",
    "origin",
    "referer",
    "range",
    "if-none-match",
    "if-modified-since",
    "te",
    "trailer",
  ],
  ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-purpose", "user-agent", "via", "forwarded"],
  ["x-gateway-authorization", "x-caller-address", "x-correlation-id", "x-gateway-ended-session"],
  ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-original-url", "disguised-host"],
  ["x-ms-invocation-id", "x-ms-client-principal", "x-functions-key", "x-http-method-override"],
  [
    "mcp-protocol-version",
    "mcp-session-id",
    "mcp-method",
    "mcp-name",
    "last-event-id",
    "traceparent",
    "baggage",
  ],
].flat();
const fieldValue = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: valueCharacter, maxLength: 40 }) },
  { weight: 3, arbitrary: tricky.map((text) => text.replace(/[\r\n\0]/g, "")) },
  { weight: 2, arbitrary: token.map((text) => `Bearer ${text}`) },
  { weight: 1, arbitrary: word.map((text) => `Basic ${text}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(word, word)
      .map(([user, password]) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`),
  },
  { weight: 2, arbitrary: fc.constant(`Bearer ${ACCESS_TOKEN}`) },
  {
    weight: 2,
    arbitrary: fc
      .array(
        fc.tuple(fc.constantFrom("__Host-sign-in-a", "__Host-consent-a", "__Host-account", "a", ""), word),
        { maxLength: 40 },
      )
      .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("; ")),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[
        "application/json",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "text/html",
      ],
      ...[
        "multipart/form-data",
        "*/*",
        "application/json, text/event-stream",
        "gzip",
        "identity",
        "bytes=0-",
      ],
      ...["2026-07-28", "cross-site", "navigate", "document", "null", "https://app.example", "\u00ff\u00fe"],
    ),
  },
);
const field = fc.tuple(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...FIELDS) },
    { weight: 1, arbitrary: fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,30}$/) },
  ),
  fieldValue,
);

const bytes = fc.uint8Array({ maxLength: 300 }).map((content) => Buffer.from(content).toString("latin1"));
const body = fc.oneof(
  { weight: 3, arbitrary: form },
  { weight: 3, arbitrary: json },
  {
    weight: 1,
    arbitrary: json.map((text) => `{"Headers":${text},"jsonrpc":"2.0","id":1,"method":"tools/list"}`),
  },
  {
    weight: 1,
    arbitrary: json.map((text) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${text}}`),
  },
  {
    weight: 1,
    arbitrary: json.map((text) => `{"redirect_uris":["http://localhost/"],"client_name":${text}}`),
  },
  { weight: 1, arbitrary: bytes },
  { weight: 1, arbitrary: fc.nat(12_000).map((depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 70_000 }).map((length) => "x".repeat(length)) },
);

/** Any request to one of the paths or near it, by its method or another. */
export function anyRequest(
  routes: readonly { readonly method: string; readonly path: string }[],
): fc.Arbitrary<GeneratedRequest> {
  const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"];
  const named = fc.constantFrom(...routes);
  const line = fc.oneof(
    { weight: 3, arbitrary: named },
    {
      weight: 1,
      arbitrary: fc.record({
        method: fc.constantFrom(...methods),
        path: pathOf(routes.map(({ path }) => path)),
      }),
    },
  );
  return fc
    .record({
      line,
      query: fc.option(query, { nil: undefined }),
      fields: fc.array(field, { maxLength: 8 }),
      body: fc.option(body, { nil: undefined }),
      isChunked: fc.boolean(),
    })
    .map(({ line: { method, path }, query: text, fields, body: content, isChunked }) => ({
      method,
      target: `${path}${text === undefined ? "" : `?${text.replace(/[^\x21-\x7e\x80-\xff]/g, "")}`}`,
      fields,
      body: content,
      isChunked,
    }));
}

/** The request's bytes, one a character. */
export function onTheWire(request: GeneratedRequest, host: string, accessToken: string): string {
  const { method, target, fields, isChunked } = request;
  const body = request.body === undefined ? undefined : Buffer.from(request.body, "utf8").toString("latin1");
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...fields.map(([name, value]) => `${name}: ${value.replaceAll(ACCESS_TOKEN, accessToken)}`),
  ];
  if (body === undefined) return `${lines.join("\r\n")}\r\n\r\n`;
  if (!isChunked) return `${lines.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const chunk = body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
  return `${lines.join("\r\n")}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`;
}
