import { z } from "zod";
import type { DemoUser } from "./directory.ts";
import type { Received } from "./loopback-server.ts";
import { type Tenant, tenantOf } from "./tenant.ts";

/** Entra's name for it. */
const COOKIE = "ESTSAUTH";
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=None";
const PURPOSE = "session";

/** In seconds. */
const LIFETIME = 24 * 3600;

const session = z.object({
  accounts: z.array(z.object({ oid: z.string(), since: z.number(), generation: z.number() })),
});

/** Somebody who is signed in to the stand-in in one browser. */
export interface Account {
  readonly user: DemoUser;
  /** When they signed in, in seconds since 1970. */
  readonly since: number;
}

/** @returns who is signed in in the request's browser, of the people who sign in to the tenant */
export async function signedInAccounts(request: Received, tenant: Tenant): Promise<readonly Account[]> {
  const sealed = new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(request.headers.cookie ?? "")?.[1] ?? "";
  const opened = session.safeParse(await tenant.seal.open(PURPOSE, sealed));
  return (opened.data?.accounts ?? []).flatMap(({ oid, since, generation }) => {
    const user = tenantOf(oid, tenant)?.directory.user(oid);
    return user && generation === tenant.standing.generation(oid) ? [{ user, since }] : [];
  });
}

/** @returns the `Set-Cookie` with which somebody stays signed in, beside others */
export async function stayingSignedIn(
  tenant: Tenant,
  others: readonly Account[],
  account: Account,
): Promise<string> {
  const accounts = [...others.filter(({ user }) => user.oid !== account.user.oid), account];
  const sealed = await tenant.seal.seal(
    PURPOSE,
    {
      accounts: accounts.map(({ user: { oid }, since }) => ({
        oid,
        since,
        generation: tenant.standing.generation(oid),
      })),
    },
    LIFETIME,
  );
  return `${COOKIE}=${sealed}; ${ATTRIBUTES}`;
}

/** The `Set-Cookie` that signs everybody out. */
export const signingOut = `${COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;
