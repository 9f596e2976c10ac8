import { REQUEST_MILLISECONDS, timeLeft } from "../../platform/request-scope.ts";
import { OAuthError, type OAuthErrorCode } from "../errors.ts";

/** Nobody sends larger forms. */
const FORM_LIMIT_KIB = 64;

/** A registration is stored for anybody who asks; those of the known clients have below 1 KiB, with keys of their own some more. */
const JSON_LIMIT_KIB = 16;

/** Parameters of one request, each at most once. */
export type Parameters = ReadonlyMap<string, string>;

/**
 * Reads a form body, as `/token`, `/revoke`, `/introspect`, `/consent` and `/account/revoke` take it.
 *
 * @throws OAuthError `invalid_request`: another content type, a repeated parameter (RFC 6749 §3.2), (status 413) more than 64 KiB, or (status 408)
 *   slower than a request may take
 */
export async function readForm(request: Request): Promise<Parameters> {
  return uniqueParameters(await readFields(request));
}

/** Reads a form body as {@link readForm}, with repeated parameters: boxes of one name are such. */
export async function readFields(request: Request): Promise<URLSearchParams> {
  requireContentType(request, "application/x-www-form-urlencoded", "invalid_request");
  return new URLSearchParams(await readText(request, "invalid_request", FORM_LIMIT_KIB));
}

/**
 * Reads a JSON object, as `/register` and a registration's own URI take it.
 *
 * @param code the error code to answer with when the body is not one
 * @throws OAuthError with that code: another content type, malformed JSON, no object, (status 413) more than 16 KiB, or (status 408)
 *   slower than a request may take
 */
export async function readJsonObject(
  request: Request,
  code: OAuthErrorCode,
): Promise<Record<string, unknown>> {
  requireContentType(request, "application/json", code);
  const text = await readText(request, code, JSON_LIMIT_KIB);
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

/** Those that an error names. Whatever else is repeated may be a stranger's sentence, which a page of ours would show. */
const KNOWN_PARAMETERS = new Set(
  [
    "response_type client_id redirect_uri scope state code_challenge code_challenge_method prompt max_age login_hint",
    "nonce resource grant_type code code_verifier refresh_token token token_type_hint client_secret client_assertion",
    "client_assertion_type transaction decision error error_description iss session_state user",
  ].flatMap((names) => names.split(" ")),
);

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
      const shown = KNOWN_PARAMETERS.has(name) ? name : "a parameter";
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

/**
 * Counts while it reads, so that a body without a length cannot fill the memory, and looks at the clock: an invocation that
 * outlasts host.json's `functionTimeout` has the Functions host end this process, and every other request with it.
 */
async function readText(request: Request, code: OAuthErrorCode, limitKib: number): Promise<string> {
  const tooLarge = () => new OAuthError(code, `The body is larger than ${limitKib} KiB.`, { status: 413 });
  const limit = limitKib * 1024;
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  if (!request.body) return "";
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const leave = () => void reader.cancel().catch(() => undefined);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    leave();
  }, timeLeft(REQUEST_MILLISECONDS));
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > limit) {
        leave();
        throw tooLarge();
      }
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
  }
  if (late) throw new OAuthError(code, "The body did not come in time.", { status: 408 });
  return Buffer.concat(chunks).toString("utf8");
}
