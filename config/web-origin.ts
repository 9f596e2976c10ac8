/** So many origins of this length fit into one of API Management's named values. */
const LONGEST = 200;

/** RFC 6454 §6.2: a scheme (RFC 3986 §3.1), a host and a port. Nothing in it can end a list, a C# string or a policy's attribute. */
const SERIALIZED = /^([a-z][a-z0-9+.-]*):\/\/[A-Za-z0-9._~-]+(?::[0-9]{1,5})?$/;

/** Schemes whose pages have the origin `null`, and schemes that have no pages. */
const WITHOUT_ORIGIN: ReadonlySet<string> = new Set([
  "about",
  "blob",
  "data",
  "file",
  "ftp",
  "javascript",
  "ws",
  "wss",
]);

/**
 * Tells whether a text is an origin exactly as a browser sends it in `Origin`. Browser extensions and web views have origins of
 * other schemes than https. For those, `URL.origin` is `null`, and browsers keep the case of the host, so only their
 * syntax is checked.
 */
export function isWebOrigin(text: string): boolean {
  if (text.length > LONGEST) return false;
  if (/^https?:/.test(text)) return URL.parse(text)?.origin === text;
  const scheme = SERIALIZED.exec(text)?.[1];
  return scheme !== undefined && !WITHOUT_ORIGIN.has(scheme);
}
