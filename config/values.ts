import * as z from "zod";

/** Narrower than RFC 6749 §3.3: what policies and challenges carry without quoting. */
export const scopeName = z
  .string()
  .regex(/^[A-Za-z0-9._:/-]{1,64}$/, "is 1 to 64 of A-Z, a-z, 0-9 and . _ : / -")
  .refine((name) => name !== "offline_access", "is every client's to ask for, and no scope of a server");

/** Longest value of an app role or of a scope in an Entra application, in characters. */
export const ENTRA_VALUE_LIMIT = 120;

export const BEGINS_WITH_A_DOT = "begins with a dot, which Entra does not take";

/** The value of an app role or a scope, as Entra accepts it (Graph: appRole, permissionScope). */
export const entraValue = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(
      /^[A-Za-z0-9:!#$%&'()*+,./;<=>?@[\]^_`{|}~-]*$/,
      "has a character that Entra does not take: a blank, a quotation mark, a backslash, or none of ASCII",
    )
    .refine((value) => !value.startsWith("."), BEGINS_WITH_A_DOT);

/** The value of an app role. */
export const appRole = entraValue(ENTRA_VALUE_LIMIT);
