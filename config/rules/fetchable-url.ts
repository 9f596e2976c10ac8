/** Longer ones would crowd everything else out of the sign-in cookie, which carries the client's ID. */
const URL_LENGTH_LIMIT = 512;

/** Names of this machine and of networks of one's own (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, RFC 7686). */
const NOT_PUBLIC = /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home\.arpa|onion|alt)$/;

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/** A DNS name in lower case with at least two labels; the last begins with a letter, so that it is no address. */
const HOST = new RegExp(`^(?:${LABEL}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$`);

/**
 * Tells whether we would fetch this URL: https to a public name's own port, with a path, written in the one way that
 * all parsers read alike.
 *
 * A query is refused because a service that repeats what it was asked would publish anybody's document in its own name;
 * a port, because the host's other ports may be somebody else's, and are nobody's to be knocked at.
 *
 * @returns undefined when we would; otherwise what is wrong with it, in words for its developer
 */
export function fetchUrlFault(url: string): string | undefined {
  if (url.length > URL_LENGTH_LIMIT) return `is longer than ${URL_LENGTH_LIMIT} characters`;
  if (!/^https:\/\/[!#$%&'()*+,/:;=?@A-Za-z0-9\-._~[\]]+$/.test(url)) return "is not an https URL";
  const [, authority = "", path = ""] = /^https:\/\/([^/?#]*)([^?#]*)/.exec(url) ?? [];
  if (url.includes("#")) return "has a fragment";
  if (url.includes("?")) return "has a query";
  if (authority.includes("@")) return "has user information";
  if (authority.includes(":") && !authority.startsWith("[")) return "has a port";
  if (authority.length > 253 || !HOST.test(authority)) return "has no plain DNS name as its host";
  if (NOT_PUBLIC.test(authority)) return "has a host that is not public";
  if (path === "" || path === "/") return "has no path";
  if (/\/(\.|%2e){1,2}(\/|$)/i.test(path)) return "has dot segments";
  return /%(?![0-9A-Fa-f]{2})/.test(path) ? "has a malformed escape" : undefined;
}
