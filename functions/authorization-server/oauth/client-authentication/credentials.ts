import { decodeJwt } from "jose";
import { OAuthError } from "../../errors.ts";
import type { Parameters } from "../request-body.ts";
import { formDecoded } from "./counted-client.ts";

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Answers a client that used the Authorization header (RFC 6749 §5.2). */
export const BASIC_CHALLENGE = 'Basic realm="token"';

/** RFC 7617 §2: base64 of RFC 4648 §4, padded. */
const BASIC = /^basic +((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i;

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

/**
 * RFC 7617 §2 and RFC 6749 §2.3.1: both halves are form-encoded before they are joined. Other schemes are not ours. A header of the
 * Basic scheme that cannot be read is refused and never passed over, because the gateway may read it.
 */
function basic(request: Request): Credentials | undefined {
  const header = request.headers.get("authorization") ?? "";
  if (!/^basic(?:[^\w-]|$)/i.test(header)) return undefined;
  const [, encoded = ""] = BASIC.exec(header) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
  if (!id || secret === undefined) throw malformed("basic_malformed", BASIC_CHALLENGE);
  const [clientId, password] = [formDecoded(id), formDecoded(secret)];
  if (!clientId || password === undefined) throw malformed("basic_malformed", BASIC_CHALLENGE);
  // Some public clients send their ID this way, with nothing for a secret.
  return password === "" ? { kind: "none", clientId } : { kind: "basic", clientId, secret: password };
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

function malformed(reason: string, challenge?: string): OAuthError {
  const description = "The client authentication is malformed.";
  return new OAuthError("invalid_client", description, {
    reason,
    ...(challenge !== undefined && { challenge }),
  });
}
