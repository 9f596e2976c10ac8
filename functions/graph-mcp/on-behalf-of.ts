import { createHash } from "node:crypto";
import { AuthError, type ConfidentialClientApplication } from "@azure/msal-node";
import { LRUCache } from "lru-cache";
import { aadstsIn, type EntraCause, entraCause } from "../../config/rules/entra-causes.ts";
import type { Caller } from "./caller.ts";
import { ToolError } from "./tool-error.ts";

/** A token for another API, in the name of the user whose token was given. */
export interface OnBehalfOf {
  /**
   * @param user whose token for this application is exchanged, in the tenant that issued it
   * @throws ToolError saying what to do when Entra refuses or does not answer
   */
  token(user: Assertion): Promise<string>;
  /** Forgets the token that the user's was exchanged for, which the other API no longer takes. */
  forget(user: Assertion): void;
}

/** A user's token that was verified, and its tenant. */
export type Assertion = Pick<Caller, "token" | "tenantId">;

/** Users' tokens held at most; beyond it, the one not used for the longest time goes. */
const MOST_TOKENS = 1000;
/** A token that ends sooner is not used again. */
const SHORTEST_TOKEN_LIFE_MS = 300_000;

interface CachedToken {
  readonly token: Promise<string>;
  /** Milliseconds since 1970; infinite while the exchange is under way. */
  endsAt: number;
}

/**
 * Exchanges tokens with Entra's On-Behalf-Of flow.
 *
 * Each exchange has an msal client of its own, whose cache goes with it: msal's never lets a user's tokens go.
 * What is kept instead is bounded in number and time, and found only by who brings the same assertion again.
 *
 * @param clients gives a fresh msal client of this application, for users of a tenant
 * @param scopes asked for, of one API
 */
export function onBehalfOf(
  clients: (tenantId: string) => Pick<ConfidentialClientApplication, "acquireTokenOnBehalfOf">,
  scopes: readonly string[],
): OnBehalfOf {
  const tokens = new LRUCache<string, CachedToken>({ max: MOST_TOKENS });

  const exchange = async (user: Assertion, entry: (endsAt: number) => void): Promise<string> => {
    try {
      const result = await clients(user.tenantId).acquireTokenOnBehalfOf({
        oboAssertion: user.token,
        scopes: [...scopes],
        skipCache: true,
      });
      if (!result?.accessToken) throw new Error("Entra gave no access token");
      entry(result.expiresOn?.getTime() ?? 0);
      return result.accessToken;
    } catch (error) {
      throw refusal(error, scopes);
    }
  };

  return {
    token(user) {
      const key = hash(user.token);
      const known = tokens.get(key);
      if (known && known.endsAt - Date.now() > SHORTEST_TOKEN_LIFE_MS) return known.token;
      const exchanged: CachedToken = {
        token: exchange(user, (endsAt) => {
          exchanged.endsAt = endsAt;
        }),
        endsAt: Number.POSITIVE_INFINITY,
      };
      tokens.set(key, exchanged);
      exchanged.token.catch(() => {
        if (tokens.get(key) === exchanged) tokens.delete(key);
      });
      return exchanged.token;
    },
    forget({ token }) {
      tokens.delete(hash(token));
    },
  };
}

function hash(assertion: string): string {
  return createHash("sha256").update(assertion).digest("base64url");
}

/** What a person can do about Entra's errors; the rest of Entra's text stays here, for it names tenants and traces. */
function refusal(error: unknown, scopes: readonly string[]): ToolError {
  const code = error instanceof AuthError ? aadstsIn(error.errorMessage) : undefined;
  if (code === undefined) {
    return new ToolError(
      "entra_unavailable",
      "Microsoft Entra ID could not be reached. Try again in a minute.",
    );
  }
  const names = scopes.map((scope) => scope.slice(scope.lastIndexOf("/") + 1)).join(", ");
  const advice = adviceFor(entraCause(code), names);
  return new ToolError(
    code,
    advice
      ? `${advice} (${code}).`
      : `Microsoft Entra ID refused to give this server a token for ${names}. An administrator can look ${code} up in the sign-in log.`,
  );
}

function adviceFor(cause: EntraCause | undefined, names: string): string | undefined {
  switch (cause) {
    case "consent":
      return `An administrator must consent to ${names} for this server's application in Microsoft Entra ID`;
    case "stronger-sign-in":
    case "conditional-access":
      return "Your organization's sign-in policy asks for more, such as multifactor authentication. Disconnect this server, connect it again and sign in";
    case "sign-in-ended":
      return "Your sign-in has ended. Disconnect this server, connect it again and sign in";
    case "application":
    case "federated-subject":
    case "federated-issuer":
    case "federated-audience":
      return "This server's application in Microsoft Entra ID does not accept its managed identity. An administrator must check the federated credential";
    default:
      return undefined;
  }
}
