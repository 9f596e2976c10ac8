import { aadsts } from "./aadsts.ts";
import type { Received } from "./loopback-server.ts";

/** Parameters by name, each at most once. */
export type Form = ReadonlyMap<string, string>;

/**
 * @returns the fields of a posted form; none when the body is of another type
 * @throws EntraError 9002313 when a field stands twice
 */
export function readForm(request: Received): Form {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  return type === "application/x-www-form-urlencoded"
    ? readParameters(new URLSearchParams(request.body))
    : new Map();
}

/** @throws EntraError 9002313 when a parameter stands twice */
export function readParameters(search: URLSearchParams): Form {
  const form = new Map<string, string>();
  for (const [name, value] of search) {
    if (form.has(name)) throw aadsts.malformedRequest();
    form.set(name, value);
  }
  return form;
}

/** @throws EntraError 900144 when it is missing or empty */
export function required(form: Form, name: string): string {
  const value = form.get(name);
  if (!value) throw aadsts.missingParameter(name);
  return value;
}
