/**
 * Cookies with the `__Host-` prefix (RFC 6265bis §4.1.3.2): no other host and no subdomain can set or read them. `Lax`,
 * because the way back from Entra is a cross-site navigation.
 */
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax";

/** @param maxAge seconds; left out: until the browser closes */
export function setCookie(name: string, value: string, maxAge?: number): string {
  return `__Host-${name}=${value}; ${ATTRIBUTES}${maxAge === undefined ? "" : `; Max-Age=${maxAge}`}`;
}

export function expireCookie(name: string): string {
  return setCookie(name, "", 0);
}

/** @returns our cookies by name without the prefix; of two with one name the first */
export function readCookies(request: Request): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (request.headers.get("cookie") ?? "").split(/; */)) {
    const [, name, value] = /^__Host-([^=]+)=([\w.~-]*)$/.exec(pair) ?? [];
    if (name && value && !cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}
