/** How users stand with the tenant: whose grants were revoked, and who must sign in with a second factor. */
export interface Standing {
  /** Counts a user's revocations; a grant made at a lower count is dead. */
  generation(oid: string): number;
  revoke(oid: string): void;
  owesMultifactor(oid: string): boolean;
  /** @param policy only a sign-in whose claims name it counts; without, any does */
  requireMultifactor(oid: string, policy?: string): void;
  /** The user's session began so many seconds ago, until they sign in anew. */
  age(oid: string, seconds: number): void;
  /**
   * The user signed in at the page, which counts as every factor.
   *
   * @param claims that the sign-in was asked with
   * @param anew whether the user had to sign in whatever session they had
   * @returns when their session began, in seconds since 1970
   */
  signedIn(oid: string, claims: string | undefined, anew: boolean): number;
}

export function makeStanding(): Standing {
  const generations = new Map<string, number>();
  const owing = new Map<string, string | undefined>();
  const ages = new Map<string, number>();
  const generation = (oid: string) => generations.get(oid) ?? 0;
  return {
    generation,
    revoke: (oid) => void generations.set(oid, generation(oid) + 1),
    owesMultifactor: (oid) => owing.has(oid),
    requireMultifactor: (oid, policy) => void owing.set(oid, policy),
    age: (oid, seconds) => void ages.set(oid, seconds),
    signedIn: (oid, claims, anew) => {
      if (anew) ages.delete(oid);
      const policy = owing.get(oid);
      if (policy === undefined || claims?.includes(policy)) owing.delete(oid);
      return Math.floor(Date.now() / 1000) - (ages.get(oid) ?? 0);
    },
  };
}
