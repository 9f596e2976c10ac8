import type { ResolvedGateway } from "../../../../config/resolve.ts";
import type { ClientAuthentication } from "../../../../config/rules/client-metadata.ts";
import { claimedClient } from "../../clients/client-id.ts";
import type { ClientKeySets } from "../../clients/client-keys.ts";
import { FetchError } from "../../clients/guarded-fetch/fetch-error.ts";
import { hasHash } from "../../crypto/secrets.ts";
import { OAuthError } from "../../errors.ts";
import { routes } from "../../routes.ts";
import type { Parameters } from "../request-body.ts";
import { requireCounted } from "./counted-client.ts";
import { BASIC_CHALLENGE, type Credentials, presentedCredentials } from "./credentials.ts";
import { singleUse } from "./single-use.ts";
import { assertionFault } from "./verify-assertion.ts";

/**
 * Assertions remembered at once. As delivered, `rateLimits.client` lets about 1,100 of one client through from one address while
 * one of them lives. All together take some 15 MB at most.
 */
const REMEMBERED_ASSERTIONS = { perClient: 2_000, inAll: 50_000 };

/**
 * Verifies that a request comes from the program that it names.
 *
 * @param authenticationOf how a program of that ID authenticates; throws when there is none
 * @returns its ID
 * @throws OAuthError `invalid_client`, `invalid_request`, or `temporarily_unavailable` when its keys cannot be had now
 */
export type Authenticate = (
  request: Request,
  form: Parameters,
  authenticationOf: (id: string) => Promise<ClientAuthentication>,
) => Promise<string>;

/** @param now the time in seconds */
export function authenticator(
  { issuer }: Pick<ResolvedGateway, "issuer">,
  keySets: ClientKeySets,
  now: () => number,
): Authenticate {
  const used = singleUse(REMEMBERED_ASSERTIONS, now);
  const audiences = [issuer, ...AUTHENTICATED.map((name) => `${issuer}${routes[name].path}`)];

  async function fault(
    credentials: Credentials,
    expected: ClientAuthentication,
  ): Promise<string | undefined> {
    const { kind, clientId } = credentials;
    if (expected.method === "none") return kind === "none" ? undefined : "client_is_public";
    if (kind === "none") return "credentials_missing";
    if (expected.method === "client_secret") {
      if (kind === "assertion" || !takes(expected, kind)) return "method_not_agreed";
      return hasHash(credentials.secret, expected.secretHash) ? undefined : "secret_wrong";
    }
    if (kind !== "assertion") return "method_not_agreed";
    const keys = await keySets(expected.keys);
    const broken = await assertionFault(credentials.assertion, {
      clientId,
      keys,
      audiences,
      used,
      now: now(),
    });
    return broken === undefined ? undefined : `assertion ${broken}`;
  }

  return async (request, form, authenticationOf) => {
    const credentials = presentedCredentials(request, form);
    requireCounted(request, credentials.clientId);
    const reason = await fault(credentials, await authenticationOf(credentials.clientId)).catch(
      keysUnavailable,
    );
    if (reason === undefined) return credentials.clientId;
    throw new OAuthError("invalid_client", "The client could not be authenticated.", {
      reason,
      subject: claimedClient(credentials.clientId),
      // RFC 6749 §5.2: in the scheme that the client used.
      ...(request.headers.has("authorization") ? { challenge: BASIC_CHALLENGE } : {}),
    });
  };
}

/** A client that registered one way of sending its secret keeps to it (RFC 7591 §2). */
function takes(
  { way }: Extract<ClientAuthentication, { method: "client_secret" }>,
  kind: "basic" | "post",
): boolean {
  return way === undefined || way === `client_secret_${kind}`;
}

/** Endpoints whose URL an assertion may name as its audience. */
const AUTHENTICATED = ["token", "revoke", "introspect"] as const;

function keysUnavailable(error: unknown): string {
  if (!(error instanceof FetchError)) throw error;
  if (error.answered) return `key_set ${error.reason}`;
  throw new OAuthError("temporarily_unavailable", "The keys of the client cannot be read now.", {
    reason: `key_set ${error.reason}`,
    cause: error,
  });
}
