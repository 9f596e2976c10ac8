import { randomBytes } from "node:crypto";
import { aadsts } from "./aadsts.ts";

/** What a user's sign-in granted, until the client redeems the code. */
export interface AuthorizationGrant {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly scope: string;
  readonly nonce: string | undefined;
  readonly oid: string;
  /** The user's. */
  readonly tenantId: string;
  /** When the user signed in, in seconds since 1970. */
  readonly authTime: number;
  readonly generation: number;
}

export interface AuthorizationCodes {
  issue(grant: AuthorizationGrant): string;
  /** @throws EntraError 9002313 for an unknown code, 70008 for an expired one, 54005 for one already redeemed */
  find(code: string): AuthorizationGrant;
  /** From here on {@link find} refuses the code. */
  redeem(code: string): void;
}

/** As long as the longest of Entra's that was reported; codes grow with what Entra knows of a person. */
export const CODE_LENGTH = 2319;

const LIFETIME_MS = 10 * 60_000;
/** Beyond this, the oldest code ends early. */
const MOST_CODES = 10_000;

export function makeAuthorizationCodes(): AuthorizationCodes {
  const codes = new Map<
    string,
    { readonly grant: AuthorizationGrant; readonly expires: number; redeemed: boolean }
  >();
  // Codes are kept in the order in which they end, and past their end for as long again, to tell why they fail.
  const forgetOld = () => {
    for (const [code, { expires }] of codes) {
      if (codes.size < MOST_CODES && expires + LIFETIME_MS > Date.now()) return;
      codes.delete(code);
    }
  };
  return {
    issue: (grant) => {
      forgetOld();
      const code = `1.${randomBytes(CODE_LENGTH).toString("base64url")}`.slice(0, CODE_LENGTH);
      codes.set(code, { grant, expires: Date.now() + LIFETIME_MS, redeemed: false });
      return code;
    },
    find: (code) => {
      const found = codes.get(code);
      if (!found) throw aadsts.malformedGrant();
      if (found.redeemed) throw aadsts.codeRedeemed();
      if (found.expires <= Date.now()) throw aadsts.codeExpired();
      return found.grant;
    },
    redeem: (code) => {
      const found = codes.get(code);
      if (found) found.redeemed = true;
    },
  };
}
