import type { Interceptor } from "../../../test/support/fault-proxy.ts";
import { Person } from "../../../test/support/person.ts";
import { readMcpUrl, type Visit } from "../../visit.ts";
import type { BreakableGateway } from "../breakable-gateway.ts";
import { type Renaming, renamedNetwork } from "../renamed-network.ts";

export const RESOURCE_METADATA = "/.well-known/oauth-protected-resource/mcp";
/** An ID that is nobody's. */
export const SOMEBODY_ELSE = "0c4a7e1b-58d2-4f36-9b1a-7d2e5f80c3a9";
const DEPLOYED = "https://mcp.brightwater.example";

/** How a twin is broken, and what the doctor finds then. */
export interface GatewayFault {
  readonly is: string;
  readonly intercept?: (subject: BreakableGateway) => Interceptor;
  readonly change?: (subject: BreakableGateway) => void;
  readonly visit?: (subject: BreakableGateway) => Partial<Visit>;
  readonly finds: readonly string[];
}

/** A person signs in as soon as the doctor opens the browser. @param user display name */
export function signingInAs({ twin }: BreakableGateway, user: string): Partial<Visit> {
  return {
    signIn: true,
    openBrowser: async (url) => {
      const person = new Person({ origin: twin.origin, entra: twin.entra });
      void person.allow(url, user).then(fetch);
      return true;
    },
  };
}

/** The twin as if it were in Azure. */
export function deployed({ twin }: BreakableGateway): Partial<Visit> {
  const renaming: Renaming = [
    [twin.origin, DEPLOYED],
    [twin.entra.url, "https://login.microsoftonline.com"],
  ];
  return { ...readMcpUrl(`${DEPLOYED}/mcp`), network: renamedNetwork(renaming) };
}
