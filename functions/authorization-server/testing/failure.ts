import { OAuthError } from "../errors.ts";

/** What a check threw. @throws Error when it threw nothing, or no OAuth error */
export function refusalOf(check: () => unknown): OAuthError {
  try {
    check();
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** What an operation threw. @throws Error when it threw nothing */
export async function failureOf(operation: Promise<unknown>): Promise<Error> {
  const [settled] = await Promise.allSettled([operation]);
  if (settled.status === "rejected") return settled.reason as Error;
  throw new Error("it did not fail");
}
