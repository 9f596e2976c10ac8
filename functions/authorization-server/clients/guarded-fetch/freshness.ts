import type { IncomingHttpHeaders } from "node:http";

/** However short an answer says it may be kept, nobody makes us fetch it more often than this, in seconds. */
const SHORTEST_FRESH = 60;
/** However long an answer says it may be kept, a change is seen after this, in seconds. */
export const LONGEST_FRESH = 24 * 3600;
/** For an answer that does not say, in seconds. */
const UNSAID_FRESH = 300;

/**
 * For how long an answer may be used without asking again: what HTTP says for a shared cache (RFC 9111 §4.2), within
 * bounds of our own.
 *
 * @returns seconds
 */
export function freshFor(headers: IncomingHttpHeaders): number {
  return Math.min(LONGEST_FRESH, Math.max(SHORTEST_FRESH, Math.floor(lifetime(headers) - ageOf(headers))));
}

function lifetime(headers: IncomingHttpHeaders): number {
  const directives = new Map(
    (headers["cache-control"] ?? "").split(",").map((part) => {
      const [name = "", value = ""] = part.trim().toLowerCase().split("=");
      return [name, value.replaceAll('"', "")] as const;
    }),
  );
  if (["no-store", "no-cache", "private"].some((name) => directives.has(name))) return 0;
  for (const name of ["s-maxage", "max-age"]) {
    const value = directives.get(name);
    // What cannot be read is stale (RFC 9111 §4.2.1).
    if (value !== undefined) return /^\d{1,10}$/.test(value) ? Number(value) : 0;
  }
  if (headers.expires === undefined) return UNSAID_FRESH;
  const expires = Date.parse(headers.expires);
  const date = Date.parse(headers.date ?? "");
  return Number.isNaN(expires) || Number.isNaN(date) ? 0 : (expires - date) / 1000;
}

function ageOf({ age }: IncomingHttpHeaders): number {
  return /^\d{1,10}$/.test(age ?? "") ? Number(age) : 0;
}
