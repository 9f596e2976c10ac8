import { vi } from "vitest";
import { clouds } from "../../../config/clouds.ts";
import { configuredTenant, demoTenant, FIELD_STAFF } from "../../../twin/entra/demo-tenant.ts";
import type { DemoUser } from "../../../twin/entra/directory.ts";
import { type Driving, drive } from "../../../twin/entra/driving.ts";
import { entraUpstream } from "../upstream/entra.ts";
import type { EntraRequest, EntraSignIn, EntraTokens, SignInWishes, Upstream } from "../upstream/upstream.ts";
import { makeCircuit } from "./circuit.ts";

/** A tenant that may be listed beside the home tenant. */
export const FERNHILL = "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12";

/** Our side of Entra, before the stand-in for it. */
export interface DrivenEntra {
  readonly driving: Driving;
  readonly upstream: Upstream;
  readonly scope: string;
  readonly notesScope: string;
  readonly mira: DemoUser;
  readonly tess: DemoUser;
  /** Of other tenants: one that is listed here and there, one that never is. */
  readonly nils: DemoUser;
  readonly sana: DemoUser;
  /** Our side of an Entra at this URL. */
  upstreamAt(
    authorityHost: string,
    furtherTenantIds?: readonly string[],
    circuit?: ReturnType<typeof makeCircuit>,
  ): Upstream;
  /** Goes through Entra as a browser does, up to the code. */
  approach(
    user: DemoUser,
    wishes?: SignInWishes,
    via?: Upstream,
  ): Promise<{ code: string; state: string | null; request: EntraRequest }>;
  signIn(user: DemoUser, wishes?: SignInWishes, via?: Upstream): Promise<EntraSignIn>;
  stop(): Promise<void>;
}

/** Starts one stand-in for a whole test file: a process keeps the tokens of its managed identities wherever they came from. */
export async function driveEntra(): Promise<DrivenEntra> {
  const { applications } = configuredTenant(demoTenant("http://localhost:8080"), {
    roles: [],
    tenants: [FERNHILL],
    groups: [FIELD_STAFF],
  });
  // A server that was there before may be everybody's, too.
  const driving = await drive({
    applications: applications.map((each) => ({ ...each, signInAudience: "AzureADMultipleOrgs" })),
  });
  const { entra, tenant, redirectUri } = driving;
  vi.stubEnv("IDENTITY_ENDPOINT", entra.identityEndpoint);
  vi.stubEnv("IDENTITY_HEADER", entra.identityHeader);

  const upstreamAt: DrivenEntra["upstreamAt"] = (
    authorityHost,
    furtherTenantIds = [],
    circuit = makeCircuit(),
  ) => {
    const app = {
      authorityHost,
      tenantId: tenant.tenantId,
      clientId: tenant.signIn.clientId,
      managedIdentityClientId: tenant.identity.authorizationServer.clientId,
      tokenExchangeAudience: clouds.public.tokenExchangeAudience,
      furtherTenantIds,
    };
    return entraUpstream(app, redirectUri, circuit);
  };

  const upstream = upstreamAt(entra.url);
  const scope = `api://${tenant.graphMcp.clientId}/Mcp.Access`;
  const approach: DrivenEntra["approach"] = async (user, wishes, via = upstream) => {
    const { url, request } = await via.startSignIn(scope, "the-state", wishes);
    const back = await driving.signIn(url, user.oid);
    return { code: back.searchParams.get("code") ?? "", state: back.searchParams.get("state"), request };
  };
  const [mira, , tess] = tenant.users as [DemoUser, DemoUser, DemoUser];
  const [nils, sana] = tenant.furtherTenants.flatMap(({ users }) => users) as [DemoUser, DemoUser];
  return {
    driving,
    upstream,
    scope,
    notesScope: `${tenant.notes.identifierUris[0]}/${tenant.notes.scopes[0]?.value}`,
    mira,
    tess,
    nils,
    sana,
    upstreamAt,
    approach,
    signIn: async (user, wishes, via = upstream) => {
      const { code, request } = await approach(user, wishes, via);
      return via.finishSignIn(code, [scope], request);
    },
    stop: async () => {
      vi.unstubAllEnvs();
      await entra.stop();
    },
  };
}

/** Changes the times of the access token in a serialized msal cache; seconds from now. */
export function withTimes(
  { cache, account }: EntraTokens,
  times: Readonly<Record<string, number>>,
): EntraTokens {
  const parsed = JSON.parse(cache) as { AccessToken: Record<string, Record<string, string>> };
  const now = Math.floor(Date.now() / 1000);
  for (const token of Object.values(parsed.AccessToken)) {
    for (const [name, seconds] of Object.entries(times)) token[name] = String(now + seconds);
  }
  return { cache: JSON.stringify(parsed), account };
}
