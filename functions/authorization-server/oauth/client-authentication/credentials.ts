import { decodeJwt } from "jose";
import { OAuthError } from "../../errors.ts";
import type { Parameters } from "../request-body.ts";

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Who a program says that it is, and what it shows for it (RFC 6749 §2.3, RFC 7521 §4.2). Nothing is verified yet. */
export type Credentials = { readonly clientId: string } & (
  | { readonly kind: "none" }
  | { readonly kind: "basic" | "post"; readonly secret: string }
  | { readonly kind: "assertion"; readonly assertion: string }
);

/**
 * Reads a program's credentials from its request.
 *
 * @throws OAuthError `invalid_request`: none or two of them, or one that contradicts `client_id`; `invalid_client`: malformed
 */
export function presentedCredentials(request: Request, form: Parameters): Credentials {
  const all = [basic(request), post(form), assertion(form)].filter((each) => each !== undefined);
  const [only, ...more] = all;
  if (more.length > 0)
    throw new OAuthError("invalid_request", "The client authenticates in two ways at once.");
  const named = form.get("client_id");
  if (!only) {
    if (named === undefined) throw new OAuthError("invalid_request", "client_id is missing.");
    return { kind: "none", clientId: named };
  }
  if (named !== undefined && named !== only.clientId) {
    throw new OAuthError("invalid_request", "client_id is not the client that authenticates.");
  }
  return only;
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. Other schemes are none of ours. */
function basic(request: Request): Credentials | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/_-]+=*)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
  if (!id || secret === undefined) throw malformed("basic_malformed");
  const clientId = formDecoded(id);
  // Some public clients send their ID this way, with nothing for a secret.
  return secret === ""
    ? { kind: "none", clientId }
    : { kind: "basic", clientId, secret: formDecoded(secret) };
}

function post(form: Parameters): Credentials | undefined {
  const secret = form.get("client_secret");
  if (secret === undefined) return undefined;
  const clientId = form.get("client_id");
  if (clientId === undefined) throw new OAuthError("invalid_request", "client_id is missing.");
  return { kind: "post", clientId, secret };
}

/** RFC 7521 §4.2: the assertion's subject names the client where `client_id` does not. */
function assertion(form: Parameters): Credentials | undefined {
  const text = form.get("client_assertion");
  const type = form.get("client_assertion_type");
  if (text === undefined && type === undefined) return undefined;
  if (text === undefined || type !== JWT_BEARER) {
    throw new OAuthError("invalid_request", `client_assertion_type must be ${JWT_BEARER}.`);
  }
  const clientId = form.get("client_id") ?? subjectOf(text);
  return { kind: "assertion", clientId, assertion: text };
}

function subjectOf(assertion: string): string {
  try {
    const { sub } = decodeJwt(assertion);
    if (sub) return sub;
  } catch {
    throw malformed("assertion_malformed");
  }
  throw malformed("assertion_without_subject");
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw malformed("basic_malformed");
  }
}

function malformed(reason: string): OAuthError {
  return new OAuthError("invalid_client", "The client authentication is malformed.", { reason });
}
