import type { SignInDemands } from "../../config/sign-in-demands.ts";
import { OPERATOR_ROLE } from "../../functions/authorization-server/contract.ts";
import { graphPermissions } from "../../functions/graph-mcp/contract.ts";
import {
  type DemoUser,
  type EntraApplicationRegistration,
  GRAPH_CLIENT_ID,
  type ManagedIdentity,
  TOKEN_EXCHANGE_AUDIENCE,
} from "./directory.ts";

/** A tenant with everything the gateway and its sample MCP server need. */
export interface DemoTenant {
  readonly tenantId: string;
  readonly applications: readonly EntraApplicationRegistration[];
  readonly identities: readonly ManagedIdentity[];
  readonly users: readonly DemoUser[];
  /** The registration with which the authorization server signs users in, and the audience of the gateway's token. */
  readonly signIn: EntraApplicationRegistration;
  readonly graphMcp: EntraApplicationRegistration;
  /** An MCP server that was there before the gateway. */
  readonly notes: EntraApplicationRegistration;
  /** A workload, which calls without a person. */
  readonly nightlyReport: EntraApplicationRegistration;
  /** A native client with an application of its own in Entra. */
  readonly consoleClient: EntraApplicationRegistration;
  readonly identity: Readonly<
    Record<"authorizationServer" | "graphMcp" | "gateway" | "nightlyReport", ManagedIdentity>
  >;
  /** Other organizations, whose people get in where the configuration lists their tenants. */
  readonly furtherTenants: readonly FurtherTenant[];
}

export interface FurtherTenant {
  readonly tenantId: string;
  readonly users: readonly DemoUser[];
}

const TENANT_ID = "6f1b0c1e-93a5-4d0e-8b4e-52f6a1c7d901";
const SIGN_IN_ID = "a3c5e1d2-4b6f-4c88-9d17-0e2f4a6b8c10";
const GRAPH_MCP_ID = "b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20";
const NOTES_ID = "c8eaf4b5-7d92-4fb3-9a4a-2b4c6d8eaf31";
const NOTES_SCOPE = "Notes.ReadWrite";
const GRAPH_MCP_SCOPE = "Mcp.Access";
const GRAPH_MCP_ROLE = "Mcp.User";
const NIGHTLY_REPORT_ID = "d9fb05c6-8ea3-4ac4-8b5b-3c5d7e9fb042";
const CONSOLE_ID = "ea0c16d7-9fb4-4bd5-9c6c-4d6e8fa0c153";
/** App role of applications at the sample server. */
const GRAPH_MCP_WORKLOAD_ROLE = "Mcp.Workload";
const DOMAIN = "brightwater.example";
/** A group of the demo tenant. */
export const FIELD_STAFF = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";

/**
 * @param origin the gateway's origin, without a slash at the end; users come back to `<origin>/callback`
 */
export function demoTenant(origin: string): DemoTenant {
  const identity = {
    authorizationServer: {
      clientId: "c1e2f3a4-0b1c-4d2e-8f30-415263748596",
      principalId: "d2f3a4b5-1c2d-4e3f-9041-52637485a6b7",
      displayName: "id-authorization-server",
    },
    graphMcp: {
      clientId: "e3a4b5c6-2d3e-4f40-8152-637485a6b7c8",
      principalId: "f4b5c6d7-3e4f-4051-9263-7485a6b7c8d9",
      displayName: "id-graph-mcp",
    },
    gateway: {
      clientId: "05c6d7e8-4f50-4162-8374-85a6b7c8d9ea",
      principalId: "16d7e8f9-5061-4273-9485-a6b7c8d9eafb",
      displayName: "id-gateway",
    },
    nightlyReport: {
      clientId: "27e8f90a-6172-4384-95a6-b7c8d9eafb0c",
      principalId: "38f90a1b-7283-4495-86b7-c8d9eafb0c1d",
      displayName: "id-nightly-report",
      assignedRoles: { [GRAPH_MCP_ID]: [GRAPH_MCP_WORKLOAD_ROLE] },
    },
  };
  const signIn: EntraApplicationRegistration = {
    clientId: SIGN_IN_ID,
    displayName: "MCP gateway",
    identifierUris: [`api://${SIGN_IN_ID}`],
    redirectUris: [`${origin}/callback`],
    scopes: [],
    appRoles: [{ value: OPERATOR_ROLE }],
    federatedCredentials: [
      { subject: identity.authorizationServer.principalId, audience: TOKEN_EXCHANGE_AUDIENCE },
    ],
    delegatedPermissions: [
      { resourceClientId: GRAPH_MCP_ID, scopes: [GRAPH_MCP_SCOPE] },
      { resourceClientId: NOTES_ID, scopes: [NOTES_SCOPE] },
    ],
    requestedAccessTokenVersion: 2,
    optionalClaims: ["auth_time"],
  };
  const graphMcp: EntraApplicationRegistration = {
    clientId: GRAPH_MCP_ID,
    displayName: "Graph MCP server",
    identifierUris: [`api://${GRAPH_MCP_ID}`],
    redirectUris: [],
    scopes: [{ value: GRAPH_MCP_SCOPE }],
    appRoles: [{ value: GRAPH_MCP_ROLE }, { value: GRAPH_MCP_WORKLOAD_ROLE }],
    federatedCredentials: [{ subject: identity.graphMcp.principalId, audience: TOKEN_EXCHANGE_AUDIENCE }],
    delegatedPermissions: [{ resourceClientId: GRAPH_CLIENT_ID, scopes: graphPermissions }],
    requestedAccessTokenVersion: 2,
  };
  const notes: EntraApplicationRegistration = {
    clientId: NOTES_ID,
    displayName: "Notes",
    identifierUris: [`api://${NOTES_ID}`],
    redirectUris: [],
    scopes: [{ value: NOTES_SCOPE }],
    appRoles: [],
    federatedCredentials: [],
    delegatedPermissions: [],
    requestedAccessTokenVersion: 2,
    optionalClaims: ["xms_cc"],
  };
  return {
    tenantId: TENANT_ID,
    applications: [signIn, graphMcp, notes, nightlyReport(identity.nightlyReport), consoleClient],
    identities: Object.values(identity),
    users,
    signIn,
    graphMcp,
    notes,
    nightlyReport: nightlyReport(identity.nightlyReport),
    consoleClient,
    identity,
    furtherTenants,
  };
}

function nightlyReport({ principalId }: ManagedIdentity): EntraApplicationRegistration {
  return {
    clientId: NIGHTLY_REPORT_ID,
    displayName: "Nightly report",
    identifierUris: [],
    redirectUris: [],
    scopes: [],
    appRoles: [],
    federatedCredentials: [{ subject: principalId, audience: TOKEN_EXCHANGE_AUDIENCE }],
    secret: "demo-of-the-nightly-report",
    assignedRoles: { [GRAPH_MCP_ID]: [GRAPH_MCP_WORKLOAD_ROLE] },
    delegatedPermissions: [],
    requestedAccessTokenVersion: 2,
  };
}

const consoleClient: EntraApplicationRegistration = {
  clientId: CONSOLE_ID,
  displayName: "Console",
  identifierUris: [],
  redirectUris: ["http://localhost:8400/"],
  scopes: [],
  appRoles: [],
  federatedCredentials: [],
  publicClient: true,
  delegatedPermissions: [{ resourceClientId: GRAPH_MCP_ID, scopes: [GRAPH_MCP_SCOPE] }],
  requestedAccessTokenVersion: 2,
};

/**
 * The tenant as it is where a configuration lists further tenants, app roles and groups at the sample server, or servers that know
 * nothing of Entra: infra/constructs/ makes the same difference. Who has a role at the sample server gets those at the sign-in
 * application that let people use a server. App roles that the demo tenant does not have, and that only an access rule asks for, go to
 * {@link ADMINISTRATOR}, so that a role can be tried with somebody who has it and with somebody who has not.
 */
export function configuredTenant(
  tenant: DemoTenant,
  config: {
    readonly tenants: readonly string[];
    readonly roles: readonly string[];
    readonly groups: readonly string[];
    readonly signIn?: SignInDemands;
  },
): DemoTenant {
  const { tenants, groups, signIn = NO_DEMANDS } = config;
  const known = tenant.graphMcp.appRoles.map(({ value }) => value);
  const roles = config.roles.filter((role) => !known.includes(role));
  const lists = [tenants, groups, roles, signIn.roles, signIn.groups];
  if (lists.every(({ length }) => length === 0) && !signIn.email) return tenant;
  const configured = (registration: EntraApplicationRegistration): EntraApplicationRegistration => {
    const isSample = registration.clientId === tenant.graphMcp.clientId;
    if (!isSample && registration.clientId !== tenant.signIn.clientId) return registration;
    return {
      ...registration,
      ...(tenants.length > 0 && { signInAudience: "AzureADMultipleOrgs" }),
      ...(isSample && { appRoles: [...registration.appRoles, ...roles.map((value) => ({ value }))] }),
      ...(isSample &&
        groups.length > 0 && { assignedGroups: [...(registration.assignedGroups ?? []), ...groups] }),
      ...(!isSample && {
        appRoles: [...registration.appRoles, ...signIn.roles.map((value) => ({ value }))],
        ...(signIn.groups.length > 0 && { assignedGroups: signIn.groups }),
        ...(signIn.email && { optionalClaims: [...(registration.optionalClaims ?? []), "email" as const] }),
      }),
    };
  };
  const withRoles = (user: DemoUser): DemoUser => {
    const isAdministrator = user.displayName === ADMINISTRATOR;
    const isMember = user.appRoles[tenant.graphMcp.clientId] !== undefined;
    const further = {
      [tenant.graphMcp.clientId]: isAdministrator ? roles : [],
      [tenant.signIn.clientId]: isAdministrator ? signIn.roles : isMember ? signIn.accessRoles : [],
    };
    const added = Object.entries(further).filter(([, values]) => values.length > 0);
    const assigned = added.map(([id, values]) => [
      id,
      [...new Set([...(user.appRoles[id] ?? []), ...values])],
    ]);
    return { ...user, appRoles: { ...user.appRoles, ...Object.fromEntries(assigned) } };
  };
  return {
    ...tenant,
    applications: tenant.applications.map(configured),
    users: tenant.users.map(withRoles),
    furtherTenants: tenant.furtherTenants.map((each) => ({ ...each, users: each.users.map(withRoles) })),
  };
}

const NO_DEMANDS: SignInDemands = { roles: [], accessRoles: [], groups: [], email: false };

/** Has every app role that a configuration names. */
const ADMINISTRATOR = "Jonas Lindqvist";

const users: readonly DemoUser[] = [
  {
    oid: "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c",
    displayName: "Mira Okafor",
    givenName: "Mira",
    surname: "Okafor",
    userPrincipalName: `mira.okafor@${DOMAIN}`,
    mail: `mira.okafor@${DOMAIN}`,
    jobTitle: "Platform engineer",
    officeLocation: "Lagos 4/117",
    mobilePhone: "+234 1 555 0100",
    businessPhones: ["+234 1 555 0101"],
    preferredLanguage: "en-GB",
    appRoles: { [GRAPH_MCP_ID]: [GRAPH_MCP_ROLE] },
  },
  {
    oid: "309fab1c-7283-4495-96b7-c8d9eafb0c1d",
    displayName: "Jonas Lindqvist",
    givenName: "Jonas",
    surname: "Lindqvist",
    userPrincipalName: `jonas.lindqvist@${DOMAIN}`,
    mail: `jonas.lindqvist@${DOMAIN}`,
    jobTitle: "Head of support",
    officeLocation: "Göteborg 2/08",
    mobilePhone: null,
    businessPhones: [],
    preferredLanguage: "sv-SE",
    appRoles: { [GRAPH_MCP_ID]: [GRAPH_MCP_ROLE], [SIGN_IN_ID]: [OPERATOR_ROLE] },
  },
  {
    oid: "41a0bc2d-8394-45a6-87c8-d9eafb0c1d2e",
    displayName: "Tess Marlow",
    givenName: "Tess",
    surname: "Marlow",
    userPrincipalName: `tess.marlow@${DOMAIN}`,
    mail: `tess.marlow@${DOMAIN}`,
    jobTitle: "Contractor",
    officeLocation: "Remote",
    mobilePhone: null,
    businessPhones: [],
    preferredLanguage: null,
    appRoles: {},
    groups: [FIELD_STAFF],
  },
];

const furtherTenants: readonly FurtherTenant[] = [
  {
    tenantId: "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12",
    users: [
      {
        oid: "52b1cd3e-94a5-46b7-98d9-eafb0c1d2e3f",
        displayName: "Nils Haverkamp",
        givenName: "Nils",
        surname: "Haverkamp",
        userPrincipalName: "nils.haverkamp@fernhill.example",
        mail: "nils.haverkamp@fernhill.example",
        jobTitle: "Partner manager",
        officeLocation: "Emden 1/02",
        mobilePhone: null,
        businessPhones: [],
        preferredLanguage: "de-DE",
        appRoles: { [GRAPH_MCP_ID]: [GRAPH_MCP_ROLE] },
      },
    ],
  },
  {
    tenantId: "8b3d2e30-b5c7-4f20-8d60-74b8c3e9fb23",
    users: [
      {
        oid: "63c2de4f-a5b6-47c8-89ea-fb0c1d2e3f40",
        displayName: "Sana Whitlock",
        givenName: "Sana",
        surname: "Whitlock",
        userPrincipalName: "sana.whitlock@stonegate.example",
        mail: "sana.whitlock@stonegate.example",
        jobTitle: "Consultant",
        officeLocation: "Leeds",
        mobilePhone: null,
        businessPhones: [],
        preferredLanguage: "en-GB",
        appRoles: { [GRAPH_MCP_ID]: [GRAPH_MCP_ROLE] },
      },
    ],
  },
];
