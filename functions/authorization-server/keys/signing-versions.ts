/** One version of a key in a vault. Times are in seconds since 1970. */
export interface KeyVersion {
  readonly id: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly notBefore?: number | undefined;
  readonly expiresAt?: number | undefined;
}

export interface SigningRules {
  /** Seconds for which a new version is published before it signs. */
  readonly activation: number;
  /** The longest life of an access token, in seconds. */
  readonly tokenLifetime: number;
}

interface SigningPlan {
  /** ID of the version that signs; undefined when none may. */
  readonly signing: string | undefined;
  /** IDs of the versions to publish, oldest first. */
  readonly published: readonly string[];
}

/** Instances learn of a change at different times, and clocks differ; an old version stays this much longer. */
const MARGIN_SECONDS = 3600;

/**
 * Decides which versions of the signing key sign and which are published.
 *
 * - A new version is published at once and signs once everyone has had the time to see it. While no version is that old,
 *   the oldest signs: the only one of a new vault, or the first of several.
 * - A replaced or expired version stays published until its last token has expired.
 * - A disabled version does neither, from the moment that is known: that is how a key is withdrawn at once.
 */
export function planSigning(
  versions: readonly KeyVersion[],
  now: number,
  { activation, tokenLifetime }: SigningRules,
): SigningPlan {
  const enabled = versions.filter((each) => each.enabled).sort(byAge);
  const takesOverAt = (each: KeyVersion) => Math.max(each.createdAt + activation, each.notBefore ?? 0);
  const expired = (each: KeyVersion) => each.expiresAt !== undefined && each.expiresAt <= now;

  const usable = enabled.filter((each) => !expired(each) && (each.notBefore ?? 0) <= now);
  const signing = usable.findLast((each) => takesOverAt(each) <= now) ?? usable[0];

  const endOfSigning = (each: KeyVersion, index: number) =>
    Math.min(
      each.expiresAt ?? Number.POSITIVE_INFINITY,
      ...enabled
        .slice(index + 1)
        .filter((later) => !expired(later))
        .map(takesOverAt),
    );
  const published = enabled.filter(
    (each, index) => each === signing || now < endOfSigning(each, index) + tokenLifetime + MARGIN_SECONDS,
  );
  return { signing: signing?.id, published: published.map((each) => each.id) };
}

/** Versions of the same second are in the same order to every instance. */
function byAge(a: KeyVersion, b: KeyVersion): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}
