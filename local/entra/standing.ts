/** How users stand with the tenant: whose grants were revoked, and who must sign in with a second factor. */
export interface Standing {
  /** Counts a user's revocations; a grant made at a lower count is dead. */
  generation(oid: string): number;
  revoke(oid: string): void;
  owesMultifactor(oid: string): boolean;
  requireMultifactor(oid: string): void;
  /** The user signed in at the page, which counts as every factor. */
  signedIn(oid: string): void;
}

export function makeStanding(): Standing {
  const generations = new Map<string, number>();
  const owing = new Set<string>();
  const generation = (oid: string) => generations.get(oid) ?? 0;
  return {
    generation,
    revoke: (oid) => void generations.set(oid, generation(oid) + 1),
    owesMultifactor: (oid) => owing.has(oid),
    requireMultifactor: (oid) => void owing.add(oid),
    signedIn: (oid) => void owing.delete(oid),
  };
}
