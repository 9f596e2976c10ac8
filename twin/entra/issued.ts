/** Every secret value that went out, for tests that search logs and stores for them. */
export interface IssuedRecord {
  add(...values: readonly string[]): void;
  /** @throws Error when nothing is recorded, or more went out than is kept */
  values(): readonly string[];
}

const MOST_VALUES = 200_000;

/** @param record false: nothing is kept */
export function makeIssuedRecord(record: boolean): IssuedRecord {
  const values = new Set<string>();
  let overflown = false;
  return {
    add: (...added) => {
      if (!record) return;
      for (const value of added) {
        if (values.size < MOST_VALUES) values.add(value);
        else overflown = true;
      }
    },
    values: () => {
      if (!record) throw new Error("nothing was recorded: start with record: true");
      if (overflown) throw new Error(`more than ${MOST_VALUES} values were issued`);
      return [...values];
    },
  };
}
