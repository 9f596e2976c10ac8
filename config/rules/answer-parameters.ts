/**
 * The parameters of an authorization response: OAuth 2.0 (RFC 6749 §4.1.2, §4.2.2), the issuer (RFC 9207), JARM, and OpenID
 * Connect. A redirect URI that brings one of them would make an answer carry it twice, and clients read the first.
 */
const ANSWER_PARAMETERS = [
  ...["code", "state", "iss", "error", "error_description", "error_uri", "response", "id_token"],
  ...["access_token", "token_type", "expires_in", "scope", "session_state"],
] as const;

export type AnswerParameter = (typeof ANSWER_PARAMETERS)[number];

const BY_LETTERS = new Map<string, AnswerParameter>(ANSWER_PARAMETERS.map((name) => [lettersOf(name), name]));

/** `;` and a further `?` separate parameters for some parsers. */
const SEPARATOR = /[&;?]/;

/** @returns the first parameter of an authorization response in the URI's query, in any spelling; undefined for none */
export function answerParameterIn(uri: string): AnswerParameter | undefined {
  for (const pair of queryOf(uri).split(SEPARATOR)) {
    const parameter = answerParameter(pair);
    if (parameter) return parameter;
  }
  return undefined;
}

/** @returns the same URI, to the letter, without the parameters of an authorization response in its query */
export function withoutAnswerParameters(uri: string): string {
  if (answerParameterIn(uri) === undefined) return uri;
  const kept = queryOf(uri)
    .split(SEPARATOR)
    .filter((pair) => answerParameter(pair) === undefined);
  const base = uri.slice(0, uri.indexOf("?"));
  return kept.length > 0 ? `${base}?${kept.join("&")}` : base;
}

function queryOf(uri: string): string {
  const start = uri.indexOf("?");
  return start < 0 ? "" : uri.slice(start + 1);
}

/**
 * Reads a pair's name as the most tolerant parser would: percent-encoded more than once, in any letter case (ASP.NET), as an
 * array or an object (`iss[]`, `iss.x`), and with other characters where a name has an underscore (PHP).
 */
function answerParameter(pair: string): AnswerParameter | undefined {
  const name = decoded(pair.split("=", 1)[0] ?? "");
  return BY_LETTERS.get(lettersOf(name)) ?? BY_LETTERS.get(lettersOf(name.split(/[[.]/, 1)[0] ?? ""));
}

function decoded(text: string): string {
  const once = text.replaceAll(/(?:%[\da-f]{2})+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"),
  );
  return once === text ? text : decoded(once);
}

function lettersOf(name: string): string {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "");
}
