import { type FaultProxy, startFaultProxy } from "../../test/support/fault-proxy.ts";
import { startTestTwin, type TestTwin } from "../../test/support/twin.ts";
import { type DemoTenant, demoTenant } from "../../twin/entra/demo-tenant.ts";
import type { EntraApplicationRegistration } from "../../twin/entra/directory.ts";

type Changeable = { -readonly [K in keyof EntraApplicationRegistration]: EntraApplicationRegistration[K] };

/** A twin that can be broken: by the proxy before it, or in its tenant's directory. */
export interface BreakableGateway {
  readonly twin: TestTwin;
  readonly proxy: FaultProxy;
  /** Registrations as the stand-in for Entra reads them on every request. */
  readonly signIn: Changeable;
  readonly graphMcp: Changeable;
  /** Undoes every break. */
  repair(): void;
  stop(): Promise<void>;
}

/**
 * Starts a twin whose origin is a fault proxy.
 *
 * @param settings changes what the twin's parts are told of the tenant, not the tenant itself
 */
export async function startBreakableGateway(
  settings: (tenant: DemoTenant) => Partial<DemoTenant> = () => ({}),
): Promise<BreakableGateway> {
  const proxy = await startFaultProxy({ isOrigin: true });
  try {
    const healthy = demoTenant(proxy.url);
    const signIn = { ...healthy.signIn };
    const graphMcp = { ...healthy.graphMcp };
    const twin = await startTestTwin(
      {},
      {
        origin: proxy.url,
        tenant: () => ({
          ...healthy,
          signIn,
          graphMcp,
          applications: [signIn, graphMcp],
          ...settings(healthy),
        }),
      },
    );
    proxy.forwardTo(twin.gateway.url);
    return {
      twin,
      proxy,
      signIn,
      graphMcp,
      repair() {
        proxy.intercept(undefined);
        Object.assign(signIn, healthy.signIn);
        Object.assign(graphMcp, healthy.graphMcp);
      },
      async stop() {
        await twin.stop();
        await proxy.stop();
      },
    };
  } catch (error) {
    await proxy.stop();
    throw error;
  }
}
