/** How users stand with the tenant: whose grants were revoked, and who must sign in with a second factor. */
export interface Standing {
  /** Counts a user's revocations; a grant made at a lower count is dead. */
  generation(oid: string): number;
  revoke(oid: string): void;
  owesMultifactor(oid: string): boolean;
  /** @param policy only a sign-in whose claims name it counts; without, any does */
  requireMultifactor(oid: string, policy?: string): void;
  /**
   * The user signed in at the page, which counts as every factor.
   *
   * @param claims that the sign-in was asked with
   */
  signedIn(oid: string, claims: string | undefined): void;
}

export function makeStanding(): Standing {
  const generations = new Map<string, number>();
  const owing = new Map<string, string | undefined>();
  const generation = (oid: string) => generations.get(oid) ?? 0;
  return {
    generation,
    revoke: (oid) => void generations.set(oid, generation(oid) + 1),
    owesMultifactor: (oid) => owing.has(oid),
    requireMultifactor: (oid, policy) => void owing.set(oid, policy),
    signedIn: (oid, claims) => {
      const policy = owing.get(oid);
      if (policy === undefined || claims?.includes(policy)) owing.delete(oid);
    },
  };
}
