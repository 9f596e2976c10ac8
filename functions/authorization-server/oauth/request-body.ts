import { OAuthError, type OAuthErrorCode } from "../errors.ts";

/** No request to this server is larger: a registration with twenty redirect URIs is far below. */
const BODY_LIMIT_BYTES = 64 * 1024;

/** Parameters of one request, each at most once. */
export type Parameters = ReadonlyMap<string, string>;

/**
 * Reads a form body, as `/token`, `/revoke`, `/introspect`, `/consent` and `/account/revoke` take it.
 *
 * @throws OAuthError `invalid_request`: another content type, a repeated parameter (RFC 6749 §3.2), or (status 413) more than 64 KiB
 */
export async function readForm(request: Request): Promise<Parameters> {
  requireContentType(request, "application/x-www-form-urlencoded", "invalid_request");
  return uniqueParameters(new URLSearchParams(await readText(request, "invalid_request")));
}

/**
 * Reads a JSON object, as `/register` takes it.
 *
 * @param code the error code to answer with when the body is not one
 * @throws OAuthError with that code: another content type, malformed JSON, no object, or (status 413) more than 64 KiB
 */
export async function readJsonObject(
  request: Request,
  code: OAuthErrorCode,
): Promise<Record<string, unknown>> {
  requireContentType(request, "application/json", code);
  const text = await readText(request, code);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OAuthError(code, "The body is not valid JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OAuthError(code, "The body is not a JSON object.");
  }
  return value as Record<string, unknown>;
}

/**
 * @param repeatable a parameter that may stand more than once; it is left out of what is given back
 * @returns the parameters; empty values count as left out (RFC 6749 §3.1)
 * @throws OAuthError `invalid_request` naming a repeated parameter
 */
export function uniqueParameters(search: URLSearchParams, repeatable?: string): Parameters {
  const seen = new Set<string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of search) {
    if (name === repeatable) continue;
    if (seen.has(name)) {
      const shown = /^[a-z_]{1,40}$/.test(name) ? name : "a parameter";
      throw new OAuthError("invalid_request", `${shown} is repeated.`);
    }
    seen.add(name);
    if (value !== "") parameters.set(name, value);
  }
  return parameters;
}

/** @throws OAuthError `invalid_request` when the parameter is missing */
export function requiredParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw new OAuthError("invalid_request", `${name} is missing.`);
  return value;
}

function requireContentType(request: Request, expected: string, code: OAuthErrorCode): void {
  const given = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (given !== expected) throw new OAuthError(code, `Content-Type must be ${expected}.`);
}

/** Counts while it reads, so that a body without a length cannot fill the memory. */
async function readText(request: Request, code: OAuthErrorCode): Promise<string> {
  const tooLarge = () => new OAuthError(code, "The body is larger than 64 KiB.", { status: 413 });
  if (Number(request.headers.get("content-length") ?? 0) > BODY_LIMIT_BYTES) throw tooLarge();
  if (!request.body) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    size += chunk.byteLength;
    if (size > BODY_LIMIT_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
