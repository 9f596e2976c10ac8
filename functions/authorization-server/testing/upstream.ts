import type { Membership } from "../upstream/membership.ts";
import type {
  EntraAccessToken,
  EntraIdentity,
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
  /** How {@link identity} answers; by default with who the person is, from what is kept. */
  who: (tokens: EntraTokens) => EntraIdentity | Promise<EntraIdentity>;
  user: EntraUser = { objectId: "object", tenantId: "tenant" };
  /** The user's app roles at the server of an Entra scope; at our own application, for an empty one. */
  rolesAt: (scope: string) => readonly string[] = () => ["Mcp.User"];
  /** The user's groups there. */
  groupsAt: (scope: string) => NonNullable<Membership["groups"]> = () => [];
  /** What each sign-in was asked to be like. */
  readonly wishes: SignInWishes[] = [];
  readonly asked: {
    readonly tokens: EntraTokens;
    /** Of an access token, or those that were asked for with an identity. */
    readonly scope: string | readonly string[];
    readonly renewal?: EntraRenewal;
  }[] = [];

  /** @param now seconds since 1970 */
  constructor(now: () => number) {
    this.answer = (tokens, scope) => ({
      token: `entra-token of ${tokens.cache}`,
      expiresAt: now() + 3600,
      ...this.membershipAt(scope),
    });
    this.who = () => ({
      claims: { oid: this.user.objectId, tid: this.user.tenantId, name: "Mira Okafor" },
      ...this.membershipAt(""),
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
      own: this.membershipAt(""),
      tokens: { cache: `cache of ${code}`, account: "account" },
    };
  }

  async accessToken(tokens: EntraTokens, scope: string, renewal?: EntraRenewal): Promise<EntraAccessToken> {
    this.asked.push({ tokens, scope, ...(renewal && { renewal }) });
    return this.answer(tokens, scope);
  }

  async identity(
    tokens: EntraTokens,
    scopes: readonly string[],
    renewal?: EntraRenewal,
  ): Promise<EntraIdentity> {
    this.asked.push({ tokens, scope: scopes, ...(renewal && { renewal }) });
    return this.who(tokens);
  }
}
