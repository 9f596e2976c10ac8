import type { LogSink } from "../component.ts";
import type { AuthorizationCodes } from "./authorization-codes.ts";
import type { Directory } from "./directory.ts";
import type { IssuedRecord } from "./issued.ts";
import type { Seal } from "./sealing.ts";
import type { SigningKey } from "./signing.ts";
import type { Standing } from "./standing.ts";

/** The endpoints for people of any tenant. */
export const ORGANIZATIONS = "organizations";

/** What every endpoint of the stand-in works with. */
export interface Tenant {
  /** Or {@link ORGANIZATIONS}. */
  readonly tenantId: string;
  /** `<url>/<tenant ID>` */
  readonly authority: string;
  readonly directory: Directory;
  /** Whose users sign in here: the tenant itself, or every one. */
  members(): readonly Tenant[];
  /** v2.0 issuer of the tenant in which the managed identities are. */
  readonly identityIssuer: string;
  /** Claims that a test has put into every id token. */
  readonly misissued: { claims: Readonly<Record<string, unknown>> };
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

/** @returns the tenant whose user it is, of those that sign in here */
export function tenantOf(oid: string, tenant: Tenant): Tenant | undefined {
  return tenant.members().find(({ directory }) => directory.user(oid));
}

/** Issuer of v1.0 tokens; in Azure it stands at another host, https://sts.windows.net. */
export const issuerV1 = (tenant: Pick<Tenant, "authority">): string => `${tenant.authority}/`;
