/** Remembers what was used, for as long as it could be used again. */
export interface SingleUse {
  /**
   * @param until seconds since 1970
   * @returns false when it was used before
   */
  use(id: string, until: number): boolean;
}

/**
 * In this process alone, and at most so many at once: the one that was used first goes first. An assertion lives for
 * minutes and opens nothing without a code or a refresh token, which are single-use everywhere.
 *
 * @param now the time in seconds
 */
export function singleUse(limit: number, now: () => number): SingleUse {
  const used = new Map<string, number>();
  return {
    use(id, until) {
      const before = used.get(id);
      if (before !== undefined && now() < before) return false;
      used.delete(id);
      used.set(id, until);
      for (const oldest of used.keys()) {
        if (used.size <= limit) break;
        used.delete(oldest);
      }
      return true;
    },
  };
}
