import { startTestTwin, type TestTwin } from "../../test/support/twin.ts";
import { type DemoTenant, demoTenant } from "../../twin/entra/demo-tenant.ts";
import type { EntraApplicationRegistration } from "../../twin/entra/directory.ts";
import { type Spoiler, startSpoiler } from "./tampering-proxy.ts";

type Changeable = { -readonly [K in keyof EntraApplicationRegistration]: EntraApplicationRegistration[K] };

/** A twin that can be broken: by the proxy before it, or in its tenant's directory. */
export interface Patient {
  readonly twin: TestTwin;
  readonly spoiler: Spoiler;
  /** Registrations as the stand-in for Entra reads them on every request. */
  readonly signIn: Changeable;
  readonly graphMcp: Changeable;
  /** Undoes every break. */
  heal(): void;
  stop(): Promise<void>;
}

/**
 * Starts a twin whose origin is a spoiler.
 *
 * @param settings changes what the twin's parts are told of the tenant, not the tenant itself
 */
export async function startPatient(
  settings: (tenant: DemoTenant) => Partial<DemoTenant> = () => ({}),
): Promise<Patient> {
  const spoiler = await startSpoiler();
  try {
    const healthy = demoTenant(spoiler.url);
    const signIn = { ...healthy.signIn };
    const graphMcp = { ...healthy.graphMcp };
    const twin = await startTestTwin(
      {},
      {
        origin: spoiler.url,
        tenant: () => ({
          ...healthy,
          signIn,
          graphMcp,
          applications: [signIn, graphMcp],
          ...settings(healthy),
        }),
      },
    );
    spoiler.target(twin.gateway.url);
    return {
      twin,
      spoiler,
      signIn,
      graphMcp,
      heal() {
        spoiler.break(undefined);
        Object.assign(signIn, healthy.signIn);
        Object.assign(graphMcp, healthy.graphMcp);
      },
      async stop() {
        await twin.stop();
        await spoiler.stop();
      },
    };
  } catch (error) {
    await spoiler.stop();
    throw error;
  }
}
