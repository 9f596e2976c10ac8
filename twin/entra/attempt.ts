import { EntraError } from "./aadsts.ts";

/** Runs a check; what Entra refuses is given back, anything else is thrown on. */
export function attempt<T>(check: () => T): { readonly value: T } | { readonly refusal: EntraError } {
  try {
    return { value: check() };
  } catch (error) {
    if (error instanceof EntraError) return { refusal: error };
    throw error;
  }
}
