import type { Position } from "../document/position.ts";
import type { LogLine } from "../log.ts";
import type { ValueCache } from "./cache.ts";
import type { ManagedIdentity } from "./managed-identity.ts";
import type { OpenIdConfigurations } from "./openid-configurations.ts";
import type { RateCounters } from "./rate-counters.ts";

/** What policies share across requests. */
export interface GatewayServices {
  readonly cache: ValueCache;
  readonly rates: RateCounters;
  readonly identity: ManagedIdentity;
  readonly openId: OpenIdConfigurations;
  /** Requests under way, by the key of `limit-concurrency`. */
  readonly concurrency: Map<string, number>;
  readonly log: (
    level: LogLine["level"],
    fields: Readonly<Record<string, string | number | undefined>>,
  ) => void;
}

/** A place in a policy file as log lines name it. */
export function placeText({ file, line }: Position): string {
  return `${file}:${line}`;
}
