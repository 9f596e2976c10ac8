import { assertionOf } from "../config/identity.ts";
import { textIn } from "../config/local-text.ts";
import {
  ASSERTION_TYPE,
  accountUrl,
  OPERATOR_ROLE,
  routes,
} from "../functions/authorization-server/contract.ts";
import type { Twin } from "./twin.ts";
import { workloadCommands } from "./workload-commands.ts";

/** What a person needs to connect a client: URLs, commands, and the people to sign in as. */
export function welcome(twin: Pick<Twin, "resolved" | "tenant" | "entra">): string {
  const { resolved, tenant, entra } = twin;
  const [first] = resolved.servers;
  const url = first?.resource ?? "";
  const name = first?.name ?? "mcp";
  const title = (server: (typeof resolved.servers)[number]) =>
    textIn(server.title, resolved.defaultLanguage, resolved.defaultLanguage);
  const json = JSON.stringify({ name, type: "http", url });
  return `
MCP URL
${resolved.servers.map((server) => `  ${server.resource}  ${title(server)}`).join("\n")}

Connect
  MCP Inspector  npx @modelcontextprotocol/inspector --transport http --server-url ${url}
  VS Code        code --add-mcp '${json}'
  Claude Code    claude mcp add --transport http ${name} ${url}
${workloadCommands(twin)}
${assertions(resolved)}Sign in as
${tenant.users.map((user) => `  ${user.displayName.padEnd(18)}${roleNote(Object.values(user.appRoles).flat())}`).join("\n")}

The browser stays signed in, as with Entra itself. Sign out to sign in as somebody else
  ${entra.url}/${tenant.tenantId}/oauth2/v2.0/logout

See what you connected, and disconnect it. People with the role ${OPERATOR_ROLE} see every person's clients
  ${accountUrl(resolved)}

Ctrl-C stops everything; nothing is kept.
`;
}

/** What a server that gets assertions has to be told. */
function assertions({ issuer, servers }: Twin["resolved"]): string {
  const lines = servers.flatMap(({ name, identity }) => {
    const assertion = assertionOf(identity);
    return assertion ? [`  ${name.padEnd(10)}audience  ${assertion.audience}`] : [];
  });
  if (lines.length === 0) return "";
  return `Servers verify assertions (typ ${ASSERTION_TYPE}) with
  issuer    ${issuer}
  JWKS URL  ${issuer}${routes.jwks.path}
${lines.join("\n")}

`;
}

function roleNote(roles: readonly string[]): string {
  return roles.length
    ? `has ${roles.length === 1 ? "the role" : "the roles"} ${roles.join(", ")}`
    : "has no role, and is refused where one is needed";
}
