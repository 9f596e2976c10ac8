import { answerParameterIn } from "./answer-parameters.ts";
import { type OperatorsSchemes, privateUseFault } from "./private-use-schemes.ts";

/** Longer ones would not fit the sign-in cookie. */
const LENGTH_LIMIT = 1024;

const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Tells whether answers may go to a redirect URI (RFC 8252 §7, RFC 9700 §2.1). It is asked when a URI is registered, and again
 * when it is used, because a stored registration may be older than a rule.
 *
 * @param schemes the private-use schemes that the operator allows; `any` where the operator wrote the URI itself
 * @returns undefined when they may; otherwise what is wrong with it, for the client's developer
 */
export function redirectUriFault(uri: string, schemes: OperatorsSchemes | "any" = []): string | undefined {
  if (uri.length > LENGTH_LIMIT) return `is longer than ${LENGTH_LIMIT} characters`;
  // RFC 3986 characters alone: no blank, control, quote, angle bracket, backslash, or anything beyond ASCII. A scheme of
  // one letter is a drive to Windows.
  if (!/^[A-Za-z][A-Za-z0-9+.-]+:[!#$%&'()*+,/:;=?@A-Za-z0-9\-._~[\]]+$/.test(uri))
    return "is not an absolute URI";
  if (uri.includes("#")) return "has a fragment";
  const parsed = URL.parse(uri);
  if (!parsed) return "is not an absolute URI";
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(pathAsWritten(uri))) return "has dot segments";
  if (authorityAsWritten(uri).includes("@")) return "has user information";
  const parameter = answerParameterIn(uri);
  if (parameter) return `brings the parameter ${parameter}, which answers have themselves`;
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") return privateUseFault(uri, schemes);
  if (hostAsWritten(uri) !== parsed.hostname) return "has no plain host and port behind //";
  if (parsed.protocol === "https:" || isLoopback(parsed)) return undefined;
  return "is http to a host that is not loopback; use https";
}

/**
 * Tells whether a requested redirect URI is the registered one: the same string, except that for http on loopback the port is
 * free (RFC 8252 §7.3), and no path is the same as `/` (RFC 3986 §6.2.3).
 */
export function redirectUriMatches(registered: string, requested: string): boolean {
  if (registered === requested) return true;
  const ours = withoutLoopbackPort(registered);
  return (
    ours !== undefined && ours === withoutLoopbackPort(requested) && redirectUriFault(requested) === undefined
  );
}

/** @returns whether a program on the person's own machine listens for answers to this URI */
export function isLoopbackRedirect(uri: string): boolean {
  const parsed = URL.parse(uri);
  return parsed !== null && parsed.protocol === "http:" && isLoopback(parsed);
}

/**
 * @returns whether only the host in an https URI can get answers to it. Names that browsers take for the person's own machine
 *   (RFC 6761 §6.3) are any program's on it that has a certificate, as developers' tools make them.
 */
export function isProvenByHost(uri: string): boolean {
  const parsed = URL.parse(uri);
  if (parsed?.protocol !== "https:") return false;
  return !/(?:^|\.)localhost\.?$|^127(?:\.\d{1,3}){3}$|^\[::(?:1|ffff:7f[\da-f]{2}:[\da-f]{1,4})\]$/.test(
    parsed.hostname,
  );
}

/**
 * @returns whether a browser can bring an answer to this URI only to a server on the person's own machine: no web site, and no
 *   application that a scheme opens
 */
export function staysOnDevice(uri: string): boolean {
  return isLoopbackRedirect(uri) || (URL.parse(uri)?.protocol === "https:" && !isProvenByHost(uri));
}

function isLoopback(uri: URL): boolean {
  return LOOPBACK_HOSTS.has(uri.hostname);
}

/** Works on the text, because a parser would also make unequal URIs equal (case, escapes, default ports). */
function withoutLoopbackPort(uri: string): string | undefined {
  const match = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(\/[^?]*)?(\?.*)?$/.exec(uri);
  return match ? `${match[1]}${match[2] ?? "/"}${match[3] ?? ""}` : undefined;
}

function authorityAsWritten(uri: string): string {
  return /^[^:]+:\/\/([^/?#]*)/.exec(uri)?.[1] ?? "";
}

/**
 * The host in lower case; undefined where there is none, or its port is no number from 1 on. A parser would also read
 * `https:///host`, `https:host`, `http://0x7f.1` and escapes, which another parser reads otherwise.
 */
function hostAsWritten(uri: string): string | undefined {
  return /^([^:[\]]+|\[[^[\]]+\])(?::[1-9]\d{0,4})?$/.exec(authorityAsWritten(uri))?.[1]?.toLowerCase();
}

function pathAsWritten(uri: string): string {
  return uri.replace(/^[^:]+:(\/\/[^/?#]*)?/, "").split(/[?#]/)[0] ?? "";
}
