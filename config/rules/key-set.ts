const KEY_LIMIT = 20;

/** Members of a JWK that only its owner may know (RFC 7518 §6). */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/**
 * Tells whether a value is a client's key set (RFC 7517 §5) that the authorization server can use.
 *
 * @returns undefined when it is; otherwise what is wrong with it
 */
export function keySetFault(value: unknown): string | undefined {
  if (value === undefined) return "is missing";
  const keys = isObject(value) ? value["keys"] : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isObject)) return "is no key set";
  if (keys.length > KEY_LIMIT) return `has more than ${KEY_LIMIT} keys`;
  if (!keys.every((key) => Object.values(key).every(isKeyMember))) return "has a key with a nested member";
  const gives = keys.some((key) => SECRET_MEMBERS.some((member) => Object.hasOwn(key, member)));
  return gives ? "has a private or a shared key" : undefined;
}

/** A JWK's members are flat (RFC 7517 §4, RFC 7518 §6). The store cannot keep a deeply nested value. */
function isKeyMember(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((each) => typeof each === "string");
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
