import type { LogSink } from "../component.ts";
import type { AuthorizationCodes } from "./authorization-codes.ts";
import type { Directory } from "./directory.ts";
import type { IssuedRecord } from "./issued.ts";
import type { Seal } from "./sealing.ts";
import type { SigningKey } from "./signing.ts";
import type { Standing } from "./standing.ts";

/** What every endpoint of the stand-in works with. */
export interface Tenant {
  readonly tenantId: string;
  /** `<url>/<tenant ID>` */
  readonly authority: string;
  readonly directory: Directory;
  readonly signingKey: SigningKey;
  readonly seal: Seal;
  readonly codes: AuthorizationCodes;
  readonly standing: Standing;
  readonly issued: IssuedRecord;
  /** Seconds; chosen anew for each token when undefined, as Entra does. */
  readonly accessTokenLifetime: number | undefined;
  /** What the managed-identity endpoint expects in `X-IDENTITY-HEADER`. */
  readonly identityHeader: string;
  readonly log: LogSink;
}

export const issuerV2 = (tenant: Pick<Tenant, "authority">): string => `${tenant.authority}/v2.0`;
/** Issuer of v1.0 tokens; in Azure it stands at another host, https://sts.windows.net. */
export const issuerV1 = (tenant: Pick<Tenant, "authority">): string => `${tenant.authority}/`;
