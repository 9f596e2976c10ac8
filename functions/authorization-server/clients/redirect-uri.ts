/** Longer ones would not fit the sign-in cookie. */
const LENGTH_LIMIT = 1024;

/** Schemes that run, read or embed something instead of bringing an answer to an application. */
const DANGEROUS_SCHEMES = new Set([
  "about:",
  "blob:",
  "data:",
  "file:",
  "filesystem:",
  "ftp:",
  "intent:",
  "javascript:",
  "mailto:",
  "tel:",
  "vbscript:",
  "view-source:",
  "ws:",
  "wss:",
]);

const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Tells whether a URI may be registered as a redirect URI (RFC 8252 §7, RFC 9700 §2.1).
 *
 * @returns undefined when it may; otherwise what is wrong with it, for the client's developer
 */
export function redirectUriFault(uri: string): string | undefined {
  if (uri.length > LENGTH_LIMIT) return `is longer than ${LENGTH_LIMIT} characters`;
  // RFC 3986 characters alone: no blank, control, quote, angle bracket, backslash, or anything beyond ASCII.
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,/:;=?@A-Za-z0-9\-._~[\]]+$/.test(uri))
    return "is not an absolute URI";
  if (uri.includes("#")) return "has a fragment";
  const parsed = URL.parse(uri);
  if (!parsed) return "is not an absolute URI";
  if (DANGEROUS_SCHEMES.has(parsed.protocol)) return `has the scheme ${parsed.protocol}`;
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(pathAsWritten(uri))) return "has dot segments";
  if (parsed.username || parsed.password || authorityAsWritten(uri).includes("@"))
    return "has user information";
  if (parsed.protocol === "https:") return parsed.hostname ? undefined : "has no host";
  if (parsed.protocol === "http:") {
    return isLoopback(parsed) ? undefined : "is http to a host that is not loopback; use https";
  }
  return undefined;
}

/**
 * Tells whether a requested redirect URI is the registered one: the same string, except that the port alone is
 * free for http on loopback (RFC 8252 §7.3).
 */
export function redirectUriMatches(registered: string, requested: string): boolean {
  if (registered === requested) return true;
  const ours = withoutLoopbackPort(registered);
  return (
    ours !== undefined && ours === withoutLoopbackPort(requested) && redirectUriFault(requested) === undefined
  );
}

/** @returns whether answers to this URI stay on the person's own machine */
export function isLoopbackRedirect(uri: string): boolean {
  const parsed = URL.parse(uri);
  return parsed !== null && parsed.protocol === "http:" && isLoopback(parsed);
}

function isLoopback(uri: URL): boolean {
  return LOOPBACK_HOSTS.has(uri.hostname);
}

/** Works on the text, because a parser would also make unequal URIs equal (case, escapes, default ports). */
function withoutLoopbackPort(uri: string): string | undefined {
  const match = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(\/.*|\?.*)?$/.exec(uri);
  return match ? `${match[1]}${match[2] ?? ""}` : undefined;
}

function authorityAsWritten(uri: string): string {
  return /^[^:]+:\/\/([^/?#]*)/.exec(uri)?.[1] ?? "";
}

function pathAsWritten(uri: string): string {
  return uri.replace(/^[^:]+:(\/\/[^/?#]*)?/, "").split(/[?#]/)[0] ?? "";
}
