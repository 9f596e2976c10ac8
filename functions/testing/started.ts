import { beforeAll } from "vitest";

/** What a helper hands out before it is there: hooks and tests may use it, the file around them not yet. */
export interface Started<T extends object> {
  readonly value: T;
  /** From now on, `value` is this. */
  is(started: T): void;
}

/** @param name for who uses it too early */
export function toBeStarted<T extends object>(name: string): Started<T> {
  let started: T | undefined;
  const value = new Proxy({} as T, {
    get(_, member) {
      if (!started) throw new Error(`${name} is not started yet: use it in a hook or a test`);
      return Reflect.get(started, member);
    },
  });
  return {
    value,
    is(given) {
      started = given;
    },
  };
}

/**
 * Starts something before the tests of a file or suite, and stops it after them.
 *
 * @param name for messages
 * @returns it; hooks and tests may use it
 */
export function useStarted<T extends object>(
  name: string,
  start: () => Promise<T>,
  stop: (started: T) => Promise<unknown>,
): T {
  const { value, is } = toBeStarted<T>(name);
  beforeAll(async () => {
    const started = await start();
    is(started);
    return () => stop(started).then(() => undefined);
  });
  return value;
}
