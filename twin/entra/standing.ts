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
   * @param since when the user signed in, in seconds since 1970
   * @returns when their session began, in seconds since 1970
   */
  sessionBegan(oid: string, since: number): number;
  /** @returns whether the user has to be asked for a second factor in a sign-in with these claims */
  asksFactor(oid: string, claims: string | undefined): boolean;
  /**
   * The user signed in at the page, which counts as every factor.
   *
   * @param claims that the sign-in was asked with
   * @param anew whether the user had to sign in whatever session they had
   */
  signedIn(oid: string, claims: string | undefined, anew: boolean): void;
}

export function makeStanding(): Standing {
  const generations = new Map<string, number>();
  const owing = new Map<string, string | undefined>();
  const ages = new Map<string, number>();
  const generation = (oid: string) => generations.get(oid) ?? 0;
  const asksFactor = (oid: string, claims: string | undefined) => {
    const policy = owing.get(oid);
    return owing.has(oid) && (policy === undefined || claims?.includes(policy) === true);
  };
  return {
    generation,
    revoke: (oid) => void generations.set(oid, generation(oid) + 1),
    owesMultifactor: (oid) => owing.has(oid),
    requireMultifactor: (oid, policy) => void owing.set(oid, policy),
    age: (oid, seconds) => void ages.set(oid, seconds),
    sessionBegan: (oid, since) => {
      const age = ages.get(oid);
      return age === undefined ? since : Math.floor(Date.now() / 1000) - age;
    },
    asksFactor,
    signedIn: (oid, claims, anew) => {
      if (anew) ages.delete(oid);
      if (asksFactor(oid, claims)) owing.delete(oid);
    },
  };
}
