import * as z from "zod";

const claimsSchema = z.object({
  iss: z.string().optional(),
  aud: z.unknown().optional(),
  ver: z.string().optional(),
  azp: z.string().optional(),
  appid: z.string().optional(),
  scp: z.string().optional(),
  roles: z.unknown().optional(),
  exp: z.number().optional(),
});

/** @returns what a JSON Web Token says, of which nothing is verified; undefined for what is no such token */
export function claimsOf(token: string): z.output<typeof claimsSchema> | undefined {
  const [, payload, signature, ...more] = token.split(".");
  if (!payload || !signature || more.length > 0) return undefined;
  try {
    return claimsSchema.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))).data;
  } catch {
    return undefined;
  }
}
