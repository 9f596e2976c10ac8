import { NetDictionary } from "../collections.ts";
import { NetObject } from "../values.ts";
import { DateTime } from "./date-time-values.ts";

/** A JSON Web Token as policies see it: decoded, not necessarily verified. */
export class Jwt extends NetObject {
  readonly typeName = "Jwt";
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly claims: NetDictionary;

  constructor(header: Readonly<Record<string, unknown>>, payload: Readonly<Record<string, unknown>>) {
    super();
    this.header = header;
    this.payload = payload;
    this.claims = new NetDictionary(
      Object.entries(payload).map(([name, value]) => [name, claimValues(value)] as const),
      { typeName: "StringValues" },
    );
  }

  /** A claim that holds one string; null when it is not there. */
  text(name: string): string | null {
    const value = this.payload[name];
    return typeof value === "string" ? value : null;
  }

  /** A NumericDate claim (RFC 7519 §2). */
  time(name: string): DateTime | null {
    const value = this.payload[name];
    return typeof value === "number" ? new DateTime(value * 1000, "Utc") : null;
  }

  get audiences(): string[] {
    const { aud } = this.payload;
    return claimValues(aud ?? []);
  }
}

/** A claim's values as strings: one each for the members of an array; objects are JSON. */
export function claimValues(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(claimValues);
  if (value === null || value === undefined) return [];
  if (typeof value === "string") return [value];
  return [typeof value === "object" ? JSON.stringify(value) : String(value)];
}

/** @returns null when the text, with or without the Bearer scheme, is not a signed or unsecured JWT (RFC 7519) */
export function parseJwt(text: string): Jwt | null {
  const parts = text
    .trim()
    .replace(/^bearer +/i, "")
    .split(".");
  if (parts.length !== 3) return null;
  const [header, payload] = parts.slice(0, 2).map(decodePart);
  return header && payload ? new Jwt(header, payload) : null;
}

/** So many decoded parts are kept: several policies look at one token, and one session makes many requests. */
const MOST_KEPT = 100;
const keptParts = new Map<string, Readonly<Record<string, unknown>>>();

function decodePart(part: string): Readonly<Record<string, unknown>> | undefined {
  const kept = keptParts.get(part);
  if (kept) return kept;
  const decoded = decode(part);
  if (!decoded) return undefined;
  if (keptParts.size >= MOST_KEPT) keptParts.clear();
  keptParts.set(part, decoded);
  return decoded;
}

function decode(part: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
