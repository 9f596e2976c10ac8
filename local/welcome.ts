import { textIn } from "../config/local-text.ts";
import type { Twin } from "./twin.ts";

/** What a person needs to connect a client: URLs, commands, and whom to sign in as. */
export function welcome({ resolved, tenant }: Pick<Twin, "resolved" | "tenant">): string {
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

Sign in as
${tenant.users.map((user) => `  ${user.displayName.padEnd(18)}${roleNote(user.appRoles[tenant.graphMcp.clientId])}`).join("\n")}

Ctrl-C stops everything; nothing is kept.
`;
}

function roleNote(roles: readonly string[] | undefined): string {
  return roles?.length
    ? `has the role ${roles.join(", ")}`
    : "has no role, and is refused where one is needed";
}
