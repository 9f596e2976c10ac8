import type { Client } from "@modelcontextprotocol/client";
import { type AccessRules, RULE_KINDS } from "../../config/access-rules.ts";
import { ConfigError } from "../../config/load.ts";
import { type ServerConfig, serverPath } from "../../config/servers.ts";
import { type Check, findingsOf } from "../check.ts";
import { provision, readLog } from "../commands.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { McpError, withMcp } from "../mcp-session.ts";
import { matchesListed } from "../name-patterns.ts";
import { bare, quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { entraTokens } from "./entra-tokens.ts";
import { protectedResourceMetadata } from "./protected-resource-metadata.ts";
import { signIn } from "./sign-in.ts";
import { tools } from "./tools.ts";

const catalogue = {
  "configuration-unreadable": {
    level: "warning",
    means: "The configuration file cannot be loaded",
    why: "The doctor cannot compare the access rules with what the server lists.",
  },
  "lists-unreadable": {
    level: "warning",
    means: "The MCP server does not list what its access rules are about",
    why: "The doctor cannot compare the access rules with what the server lists.",
  },
  "rule-matches-nothing": {
    level: "warning",
    means: "An access rule matches nothing that the MCP server lists",
    why: "The name may be misspelled. What the rule was meant for then has no such rule.",
  },
  "rule-matches-nothing-visible": {
    level: "info",
    means: "An access rule matches nothing that this caller sees, at a server that hides entries",
    why: "It may be about entries that the gateway hides from this caller. Somebody with the roles can tell.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

type RuleKind = (typeof RULE_KINDS)[number];

/** A server of the configuration, and its place there. */
interface Configured {
  readonly server: ServerConfig;
  readonly index: number;
}

/** Each access rule of the configuration is about something that the MCP server lists. */
export const accessRules: Check = {
  name: "access-rules",
  title: "Access rules",
  needs: [protectedResourceMetadata],
  catalogue,
  async examine(given, visit, ifKnown) {
    const signedIn = ifKnown(signIn);
    if (signedIn && !ifKnown(tools)) return { findings: [], notChecked: `needs "${tools.title}"` };
    const token = signedIn?.accessToken ?? ifKnown(entraTokens);
    if (token === undefined) return { findings: [], notChecked: "give --sign-in, or --entra-token" };
    try {
      const configured = await configuredServer(visit, given(protectedResourceMetadata).scopes);
      if (typeof configured === "string") return { findings: [], notChecked: configured };
      const rules = RULE_KINDS.flatMap((kind) => configured.server[kind]?.rules ?? []);
      if (rules.length === 0) return { findings: [], fine: "the server has none" };
      return {
        findings: await withMcp(visit, token, (client) => unmatched(client, visit, configured)),
        fine: `${rules.length}; each matches something`,
      };
    } catch (error) {
      if (error instanceof ConfigError) {
        const mend = ["Correct the file, or name another with --config."];
        return { findings: [find("configuration-unreadable", { what: bare(error.message), mend })] };
      }
      if (!(error instanceof McpError)) throw error;
      const what = `A list ends with ${quote(error.message)}.`;
      return { findings: [find("lists-unreadable", { what, mend: readLog(visit, error.correlationId) })] };
    }
  },
};

/** @returns why there is none, where the configuration is not this gateway's */
async function configuredServer(
  { configuration, path }: Visit,
  scopes: readonly string[],
): Promise<Configured | string> {
  const { servers } = await configuration.load();
  const index = servers.findIndex((server, place) => serverPath(server, place) === path);
  const server = servers[index];
  const other = `name this gateway's with --config`;
  if (!server) return `${configuration.file} has no server at ${path}; ${other}`;
  const unknown = scopes.find((scope) => !server.scopes.some(({ name }) => name === scope));
  if (unknown) return `${configuration.file} does not have the scope ${quote(unknown)}; ${other}`;
  return { server, index };
}

async function unmatched(client: Client, visit: Visit, { server, index }: Configured): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const kind of RULE_KINDS) {
    const access = server[kind];
    if (!access?.rules.length) continue;
    const listed = await LISTS[kind](client);
    for (const [place, { name }] of access.rules.entries()) {
      if (listed.some((entry) => matchesListed(name, entry))) continue;
      const field = `servers[${index}].${kind}.rules[${place}] (${quote(name)})`;
      const code = mayHide(access) ? "rule-matches-nothing-visible" : "rule-matches-nothing";
      const seen = listed.length > 0 ? bare(listed.join(", ")) : `no ${kind}`;
      const mend = [`Correct or delete the rule in ${visit.configuration.file}:`, provision(visit)];
      findings.push(find(code, { what: `${field} matches nothing. The server lists ${seen}.`, mend }));
    }
  }
  return findings;
}

/** Whether the gateway takes entries out of the lists that some caller can never use. */
function mayHide({ hide, rules, default: otherwise }: AccessRules): boolean {
  return (
    hide &&
    (otherwise === "deny" ||
      rules.some(({ deny, roles, groups }) => deny || roles.length + groups.length > 0))
  );
}

/** What a server lists of each kind. The client library follows the cursors. */
const LISTS: Readonly<Record<RuleKind, (client: Client) => Promise<string[]>>> = {
  async tools(client) {
    if (!client.getServerCapabilities()?.tools) return [];
    return (await client.listTools()).tools.map(({ name }) => name);
  },
  async prompts(client) {
    if (!client.getServerCapabilities()?.prompts) return [];
    return (await client.listPrompts()).prompts.map(({ name }) => name);
  },
  async resources(client) {
    if (!client.getServerCapabilities()?.resources) return [];
    const { resources } = await client.listResources();
    const { resourceTemplates } = await client.listResourceTemplates();
    return [...resources.map(({ uri }) => uri), ...resourceTemplates.map(({ uriTemplate }) => uriTemplate)];
  },
};
