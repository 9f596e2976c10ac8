/** Remembers what was used, for as long as it could be used again. */
export interface SingleUse {
  /**
   * @param client whose use it is
   * @param until seconds since 1970
   * @returns false when the client used it before
   */
  use(client: string, id: string, until: number): boolean;
}

/** How much is remembered at most. */
interface SingleUseBounds {
  /** Of one client. Its newer uses replace its own oldest. */
  readonly perClient: number;
  /** Of all clients together. Beyond that, the client that has most loses its oldest, so that nobody pushes out who has less. */
  readonly inAll: number;
}

/**
 * Remembers in the memory of this process only. An assertion lives for minutes and opens nothing without a code or a refresh
 * token, which are single-use on all instances.
 *
 * @param now the time in seconds
 */
export function singleUse({ perClient, inAll }: SingleUseBounds, now: () => number): SingleUse {
  /** Ends of what each client used. The client that was heard of last, and its latest use, are last. */
  const used = new Map<string, Map<string, number>>();
  let size = 0;

  function forget(ids: Map<string, number>, id: string): void {
    if (ids.delete(id)) size -= 1;
  }

  function forgetOldest(ids: Map<string, number>): void {
    const [oldest] = ids.keys();
    if (oldest !== undefined) forget(ids, oldest);
  }

  /** @returns the uses of the client that has most; of several such clients, of the one that was quiet for longest */
  function most(): Map<string, number> {
    let most = new Map<string, number>();
    for (const ids of used.values()) if (ids.size > most.size) most = ids;
    return most;
  }

  /** What has ended behind a use that lives stays until that ends, which is a matter of minutes. */
  function forgetEnded(): void {
    for (const [client, ids] of used) {
      for (const [id, until] of ids) {
        if (now() < until) return;
        forget(ids, id);
      }
      used.delete(client);
    }
  }

  return {
    use(client, id, until) {
      const own = used.get(client) ?? new Map<string, number>();
      const before = own.get(id);
      if (before !== undefined && now() < before) return false;
      forget(own, id);
      own.set(id, until);
      size += 1;
      used.delete(client);
      used.set(client, own);
      forgetEnded();
      if (own.size > perClient) forgetOldest(own);
      if (size > inAll) forgetOldest(most());
      return true;
    },
  };
}
