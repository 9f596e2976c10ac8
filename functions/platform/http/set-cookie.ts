import type { Cookie } from "@azure/functions";

/**
 * Takes one `Set-Cookie` header apart (RFC 6265 §4.1.1) for Azure Functions, which puts it together again.
 *
 * @throws Error when the header holds what would not come out the same: an attribute that Azure Functions does not
 *   know, or a value that is not as `encodeURIComponent` writes it (base64url, as in a JWE, is)
 */
export function parseSetCookie(header: string): Cookie {
  const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
  const [name, value] = divide(pair);
  const cookie: Cookie = { name, value: decoded(name, value) };
  for (const attribute of attributes) {
    const [key, argument] = divide(attribute);
    switch (key.toLowerCase()) {
      case "path":
        cookie.path = argument;
        break;
      case "domain":
        cookie.domain = argument;
        break;
      case "max-age":
        cookie.maxAge = maxAge(name, argument);
        break;
      case "expires":
        cookie.expires = expires(name, argument);
        break;
      case "secure":
        cookie.secure = true;
        break;
      case "httponly":
        cookie.httpOnly = true;
        break;
      case "samesite":
        cookie.sameSite = sameSite(name, argument);
        break;
      default:
        throw new Error(`cookie ${name}: Azure Functions has no attribute "${key}"`);
    }
  }
  return cookie;
}

function divide(part: string): [string, string] {
  const equals = part.indexOf("=");
  return equals < 0 ? [part, ""] : [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
}

/** Azure Functions percent-encodes what it is given. */
function decoded(name: string, value: string): string {
  const plain = decodeURIComponent(value);
  if (encodeURIComponent(plain) !== value)
    throw new Error(`cookie ${name}: its value is not percent-encoded`);
  return plain;
}

function maxAge(name: string, value: string): number {
  if (!/^(?:-?[1-9]\d{0,14}|0)$/.test(value))
    throw new Error(`cookie ${name}: Max-Age is not a number of seconds`);
  return Number(value);
}

function expires(name: string, value: string): Date {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw new Error(`cookie ${name}: Expires is not a date`);
  return date;
}

function sameSite(name: string, value: string): "Strict" | "Lax" | "None" {
  const known = (["Strict", "Lax", "None"] as const).find(
    (each) => each.toLowerCase() === value.toLowerCase(),
  );
  if (!known) throw new Error(`cookie ${name}: SameSite is not Strict, Lax or None`);
  return known;
}
