import { ManagedIdentityCredential } from "@azure/identity";
import { vi } from "vitest";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";
import type { EntraApplicationRegistration, ManagedIdentity } from "../../twin/entra/directory.ts";
import { type LocalEntra, startEntra } from "../../twin/entra/start.ts";

/** Managed identities of this process. One set serves a whole test file: msal asks the same endpoint until the process ends. */
export interface TestIdentities {
  readonly entra: LocalEntra;
  /** The authorization server's, with whatever roles a stand-in gives it. */
  readonly server: ManagedIdentity;
  /** One without any role. */
  readonly stranger: ManagedIdentity;
  credential(identity: ManagedIdentity): ManagedIdentityCredential;
  stop(): Promise<void>;
}

/** @param resources more applications that tokens can be asked for */
export async function startIdentities(
  resources: readonly EntraApplicationRegistration[] = [],
): Promise<TestIdentities> {
  const tenant = demoTenant("http://localhost:8080");
  const applications = [...tenant.applications, ...resources];
  const entra = await startEntra({ ...tenant, applications, log: () => undefined });
  vi.stubEnv("IDENTITY_ENDPOINT", entra.identityEndpoint);
  vi.stubEnv("IDENTITY_HEADER", entra.identityHeader);
  return {
    entra,
    server: tenant.identity.authorizationServer,
    stranger: tenant.identity.graphMcp,
    credential: ({ clientId }) => new ManagedIdentityCredential({ clientId }),
    async stop() {
      vi.unstubAllEnvs();
      await entra.stop();
    },
  };
}
