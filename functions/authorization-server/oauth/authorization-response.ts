import { type AnswerParameter, withoutAnswerParameters } from "../../../config/rules/answer-parameters.ts";
import type { OAuthError } from "../errors.ts";

/** Where an authorization request wants its answer. */
export interface AnswerTarget {
  readonly redirectUri: string;
  /** The client's state as it stood in the query, still percent-encoded, so that it goes back byte for byte. */
  readonly state?: string | undefined;
}

/** @returns the URL that brings an authorization code to the client (RFC 6749 §4.1.2, RFC 9207 §2) */
export function codeResponseUrl(issuer: string, target: AnswerTarget, code: string): string {
  return answerUrl(issuer, target, { code });
}

/** @returns the URL that brings an error to the client (RFC 6749 §4.1.2.1, RFC 9207 §2) */
export function errorResponseUrl(issuer: string, target: AnswerTarget, error: OAuthError): string {
  return answerUrl(issuer, target, { error: error.code, error_description: error.description });
}

/**
 * Joins text instead of going through a URL parser, which would rewrite private-use schemes and escapes. Each parameter of the
 * answer is there once, even if a stored redirect URI brings one.
 */
function answerUrl(
  issuer: string,
  { redirectUri, state }: AnswerTarget,
  answer: Readonly<Partial<Record<AnswerParameter, string>>>,
): string {
  const base = withoutAnswerParameters(redirectUri);
  const parameters = new URLSearchParams({ ...answer, iss: issuer }).toString();
  const separator = base.includes("?") ? "&" : "?";
  return `${base}${separator}${parameters}${state === undefined ? "" : `&state=${state}`}`;
}
