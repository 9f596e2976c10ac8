import { afterEach, beforeEach, expect } from "vitest";
import type { TestTwin } from "./twin.ts";

/** Has every test of a file find the store at its end as it was at its beginning. */
export function unchangedStore(twin: () => TestTwin) {
  let before: unknown;
  const stored = {
    /** What a test itself stores, it stores before it calls this; from then on nothing may change. */
    async remember(): Promise<void> {
      before = await twin().cosmos.documents();
    },
    async expectUnchanged(): Promise<void> {
      expect(await twin().cosmos.documents()).toEqual(before);
    },
  };
  beforeEach(stored.remember);
  afterEach(stored.expectUnchanged);
  return stored;
}
