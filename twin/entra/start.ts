// The local twin's Microsoft Entra ID, written on jose and node:http rather than on oidc-provider. That library
// authenticates a client by an assertion whose issuer and subject are the client itself, reads the resource from
// RFC 8707's parameter, and binds a refresh token to what was granted. Entra takes a managed identity's token as the
// assertion, reads the resource from the scope, lets a refresh token serve every resource, has On-Behalf-Of, and
// answers with AADSTS numbers: each would be an override of the library, and together they are all of it.

import { randomUUID } from "node:crypto";
import type { Component, LogSink } from "../component.ts";
import { aadsts, EntraError, errorReport } from "./aadsts.ts";
import { makeAuthorizationCodes } from "./authorization-codes.ts";
import { authorize } from "./authorize.ts";
import {
  type DemoUser,
  Directory,
  type EntraApplicationRegistration,
  type ManagedIdentity,
} from "./directory.ts";
import { MULTIFACTOR_POLICY } from "./granting.ts";
import { makeIssuedRecord } from "./issued.ts";
import { keys } from "./keys.ts";
import { json, type Received, type Reply, serveLoopback } from "./loopback-server.ts";
import { managedIdentityEndpoint } from "./managed-identity.ts";
import { openidConfiguration } from "./openid-configuration.ts";
import { errorPage } from "./pages.ts";
import { logRefusal } from "./refusals.ts";
import { makeSeal } from "./sealing.ts";
import { signIn } from "./sign-in.ts";
import { signOut } from "./sign-out.ts";
import { makeSigningKey } from "./signing.ts";
import { makeStanding } from "./standing.ts";
import { issuerV2, ORGANIZATIONS, type Tenant } from "./tenant.ts";
import { token } from "./token.ts";

export interface EntraOptions {
  /** 0, the default, for a free one. */
  readonly port?: number;
  readonly tenantId: string;
  readonly applications: readonly EntraApplicationRegistration[];
  /** User-assigned identities. */
  readonly identities: readonly ManagedIdentity[];
  readonly users: readonly DemoUser[];
  /** Other tenants, whose administrators have consented to every application that lets their users in. */
  readonly furtherTenants?: readonly { readonly tenantId: string; readonly users: readonly DemoUser[] }[];
  /** Seconds; by default each token gets between 3600 and 5400, as from Entra. */
  readonly accessTokenLifetime?: number;
  /** Keeps every issued secret for {@link LocalEntra.issued}; for tests, since the record only grows. */
  readonly record?: boolean;
  /** Where clients find it, when something stands before it; its own URL when left out. */
  readonly authorityHost?: string;
  readonly log: LogSink;
}

/** The endpoints, as {@link LocalEntra.requests} counts them. */
export type EntraEndpoint =
  | "authorize"
  | "signIn"
  | "signOut"
  | "token"
  | "keys"
  | "openidConfiguration"
  | "managedIdentity"
  | "unknown";

/** `url` is the authority host. */
export interface LocalEntra extends Component {
  readonly tenantId: string;
  /** `IDENTITY_ENDPOINT` for an app. */
  readonly identityEndpoint: string;
  /** `IDENTITY_HEADER` for an app. */
  readonly identityHeader: string;
  /** Requests since the start. */
  readonly requests: Readonly<Record<EntraEndpoint, number>>;
  /**
   * Every token, code and assertion that went out, and every PKCE verifier that came in.
   *
   * @throws Error unless started with `record: true`
   */
  issued(): readonly string[];
  /** Ends the user's grants, as an administrator or a new password does: codes and refresh tokens answer AADSTS50173. */
  revokeUser(oid: string): void;
  /**
   * Until the user's next sign-in, tokens are refused with AADSTS50076 and a claims challenge.
   *
   * @param by "claims": until the next that asks for the challenge's claims, as when a policy guards a resource that the
   *   sign-in itself does not name
   */
  requireMultifactor(oid: string, by?: "sign-in" | "claims"): void;
  /** Lets the user's session have begun so many seconds ago: that is what `auth_time` says until they sign in anew. */
  ageSession(oid: string, seconds: number): void;
  /**
   * Puts claims into every id token from now on, as no honest Entra does, and signs them.
   *
   * @param claims instead of those put in before; none when left out
   */
  misissue(claims?: Readonly<Record<string, unknown>>): void;
  /** Signs any claims with Entra's key, as no honest Entra does. */
  forge(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
}

interface Tenants {
  readonly home: Tenant;
  /** By ID, in lower case, or {@link ORGANIZATIONS}. */
  readonly byName: ReadonlyMap<string, Tenant>;
}

type Endpoint = (request: Received, tenant: Tenant) => Promise<Reply>;

const endpoints: ReadonlyMap<
  string,
  { readonly name: EntraEndpoint; readonly answer: Endpoint; readonly page: boolean }
> = new Map([
  ["oauth2/v2.0/authorize", { name: "authorize", answer: authorize, page: true }],
  ["login", { name: "signIn", answer: signIn, page: true }],
  ["oauth2/v2.0/logout", { name: "signOut", answer: signOut, page: true }],
  ["oauth2/v2.0/token", { name: "token", answer: token, page: false }],
  ["discovery/v2.0/keys", { name: "keys", answer: keys, page: false }],
  [
    "v2.0/.well-known/openid-configuration",
    { name: "openidConfiguration", answer: openidConfiguration, page: false },
  ],
]);

/**
 * Starts the stand-in for Microsoft Entra ID and the managed-identity endpoint, on loopback.
 *
 * @throws Error when the port is in use or the directory contradicts itself
 */
export async function startEntra(options: EntraOptions): Promise<LocalEntra> {
  const homeDirectory = new Directory(options);
  const multiTenant = options.applications.filter(
    ({ signInAudience }) => signInAudience === "AzureADMultipleOrgs",
  );
  const requests: Record<EntraEndpoint, number> = {
    authorize: 0,
    signIn: 0,
    signOut: 0,
    token: 0,
    keys: 0,
    openidConfiguration: 0,
    managedIdentity: 0,
    unknown: 0,
  };
  let tenants: Tenants | undefined;
  const server = await serveLoopback(
    options.port ?? 0,
    async (request) =>
      tenants
        ? answer(request, tenants, requests)
        : { status: 503, headers: { "retry-after": "1" }, body: "" },
    (error) =>
      options.log({
        component: "entra",
        level: "error",
        message: JSON.stringify({ event: "failed", error: error instanceof Error ? error.name : "unknown" }),
      }),
  );
  const host = options.authorityHost ?? server.url;
  const shared = {
    signingKey: await makeSigningKey(`${host}/{tenantid}/v2.0`),
    seal: makeSeal(),
    codes: makeAuthorizationCodes(),
    standing: makeStanding(),
    issued: makeIssuedRecord(options.record ?? false),
    misissued: { claims: {} },
    accessTokenLifetime: options.accessTokenLifetime,
    identityHeader: randomUUID(),
    identityIssuer: issuerV2({ authority: `${host}/${options.tenantId}` }),
    log: options.log,
  };
  const makeTenant = (tenantId: string, directory: Directory): Tenant => {
    const tenant = { ...shared, tenantId, authority: `${host}/${tenantId}`, directory };
    const made: Tenant = { ...tenant, members: () => [made] };
    return made;
  };
  const home = makeTenant(options.tenantId, homeDirectory);
  const members = [
    home,
    ...(options.furtherTenants ?? []).map(({ tenantId, users }) =>
      makeTenant(tenantId, new Directory({ applications: multiTenant, identities: [], users })),
    ),
  ];
  const anyTenant = { ...makeTenant(ORGANIZATIONS, homeDirectory), members: () => members };
  tenants = {
    home,
    byName: new Map([anyTenant, ...members].map((each) => [each.tenantId.toLowerCase(), each])),
  };
  const { issued, standing, identityHeader, misissued } = shared;
  return {
    name: "entra",
    url: server.url,
    tenantId: options.tenantId,
    identityEndpoint: `${server.url}/msi/token`,
    identityHeader,
    requests,
    issued: () => issued.values(),
    revokeUser: (oid) => standing.revoke(oid),
    requireMultifactor: (oid, by) =>
      standing.requireMultifactor(oid, by === "claims" ? MULTIFACTOR_POLICY : undefined),
    ageSession: (oid, seconds) => standing.age(oid, seconds),
    misissue: (claims = {}) => {
      misissued.claims = claims;
    },
    forge: (claims, header) => shared.signingKey.sign(claims, header),
    stop: () => server.stop(),
  };
}

async function answer(
  request: Received,
  { home, byName }: Tenants,
  requests: Record<EntraEndpoint, number>,
): Promise<Reply> {
  if (request.url.pathname === "/msi/token") {
    requests.managedIdentity++;
    return managedIdentityEndpoint(request, home);
  }
  const [, tenantName = "", ...rest] = request.url.pathname.split("/");
  const endpoint = endpoints.get(rest.join("/"));
  requests[endpoint?.name ?? "unknown"]++;
  if (!endpoint) return { status: 404, headers: { "content-type": "text/plain" }, body: "Not found" };
  const tenant = byName.get(tenantName.toLowerCase());
  try {
    if (!tenant) throw aadsts.tenantNotFound(tenantName);
    return await endpoint.answer(request, tenant);
  } catch (error) {
    if (!(error instanceof EntraError)) throw error;
    logRefusal(home, request, error);
    const correlation = request.headers["client-request-id"];
    const report = errorReport(error, typeof correlation === "string" ? correlation : undefined);
    return endpoint.page ? errorPage(report) : json(error.status, report);
  }
}
