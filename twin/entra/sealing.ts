import { randomBytes } from "node:crypto";
import { EncryptJWT, errors, type JWTPayload, jwtDecrypt } from "jose";

/**
 * Values that travel through browsers and clients and come back, encrypted and authenticated, so that the stand-in
 * keeps nothing for them: its memory does not grow with sign-ins.
 */
export interface Seal {
  /**
   * @param purpose keeps values of one kind from being taken for another
   * @param lifetime seconds
   */
  seal(purpose: string, value: JWTPayload, lifetime: number): Promise<string>;
  /** @returns the value; "expired"; or undefined for anything not sealed here for this purpose */
  open(purpose: string, sealed: string): Promise<JWTPayload | "expired" | undefined>;
}

export function makeSeal(): Seal {
  const key = randomBytes(32);
  return {
    seal: (purpose, value, lifetime) =>
      new EncryptJWT({ ...value, exp: Math.floor(Date.now() / 1000) + lifetime })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setAudience(purpose)
        .encrypt(key),
    open: async (purpose, sealed) => {
      try {
        const { payload } = await jwtDecrypt(sealed, key, {
          audience: purpose,
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
        });
        return payload;
      } catch (error) {
        if (error instanceof errors.JWTExpired) return "expired";
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
