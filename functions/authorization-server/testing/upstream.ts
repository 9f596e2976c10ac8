import type { Membership } from "../upstream/membership.ts";
import type {
  EntraAccessToken,
  EntraRenewal,
  EntraRequest,
  EntraSignIn,
  EntraTokens,
  EntraUser,
  SignInWishes,
  Upstream,
} from "../upstream/upstream.ts";

/** Entra's side of the sessions' operations: it answers what a test sets, and remembers what it was asked. */
export class TestUpstream implements Upstream {
  /** How {@link accessToken} answers; by default a token that lives for another hour, from what is kept. */
  answer: (tokens: EntraTokens, scope: string) => EntraAccessToken | Promise<EntraAccessToken>;
  user: EntraUser = { objectId: "object", tenantId: "tenant" };
  /** The user's app roles at the server of an Entra scope. */
  rolesAt: (scope: string) => readonly string[] = () => ["Mcp.User"];
  /** The user's groups there. */
  groupsAt: (scope: string) => NonNullable<Membership["groups"]> = () => [];
  /** What each sign-in was asked to be like. */
  readonly wishes: SignInWishes[] = [];
  readonly asked: {
    readonly tokens: EntraTokens;
    readonly scope: string;
    readonly renewal?: EntraRenewal;
  }[] = [];

  /** @param now seconds since 1970 */
  constructor(now: () => number) {
    this.answer = (tokens, scope) => ({
      token: `entra-token of ${tokens.cache}`,
      expiresAt: now() + 3600,
      ...this.membershipAt(scope),
    });
  }

  membershipAt(scope: string): Membership {
    return { roles: this.rolesAt(scope), groups: this.groupsAt(scope) };
  }

  async startSignIn(scope: string, state: string, wishes: SignInWishes = {}, started?: EntraRequest) {
    this.wishes.push(wishes);
    const { claims } = wishes;
    const request: EntraRequest = started ?? {
      verifier: "v".repeat(43),
      nonce: "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    };
    const query = new URLSearchParams({ scope, state, ...(claims !== undefined && { claims }) });
    return { request, url: `https://login.example/authorize?${query}` };
  }

  async finishSignIn(code: string, scopes: readonly string[]): Promise<EntraSignIn> {
    return {
      user: this.user,
      memberships: new Map(scopes.map((scope) => [scope, this.membershipAt(scope)])),
      tokens: { cache: `cache of ${code}`, account: "account" },
    };
  }

  async accessToken(tokens: EntraTokens, scope: string, renewal?: EntraRenewal): Promise<EntraAccessToken> {
    this.asked.push({ tokens, scope, ...(renewal && { renewal }) });
    return this.answer(tokens, scope);
  }
}
