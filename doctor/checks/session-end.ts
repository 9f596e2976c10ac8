import { type Check, findingsOf } from "../check.ts";
import { readLog } from "../commands.ts";
import type { Catalogue } from "../finding.ts";
import { McpError, withMcp } from "../mcp-session.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";
import { signIn } from "./sign-in.ts";

const catalogue = {
  "revocation-fails": {
    level: "warning",
    means: "The doctor could not sign out again (/revoke)",
    why: "Its session stays until it ends by itself; its tokens were kept nowhere. People who remove a connection stay signed in the same way.",
  },
  "revocation-late": {
    level: "warning",
    means: "The revoked token still works at the MCP server",
    why: "In another region that lasts as long as lifetimes.gatewayCache; here it should end at once.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** The doctor's session ends (RFC 7009), and with it the token's use. */
export const sessionEnd: Check = {
  name: "session-end",
  title: "Signed out again",
  needs: [authorizationServerMetadata, signIn],
  catalogue,
  async examine(given, visit) {
    const { revocationEndpoint } = given(authorizationServerMetadata);
    const { accessToken, refreshToken, clientId } = given(signIn);
    if (!revocationEndpoint) return { findings: [], notChecked: "the metadata names no revocation_endpoint" };
    const { status, headers } = await visit.network.ask(revocationEndpoint, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ token: refreshToken ?? accessToken, client_id: clientId }).toString(),
    });
    if (status !== 200) {
      const mend = readLog(visit, headers.get("x-correlation-id"));
      return { findings: [find("revocation-fails", { what: `/revoke answers ${status}.`, mend })] };
    }
    try {
      await withMcp(visit, accessToken, (client) => client.listTools());
    } catch (error) {
      if (error instanceof McpError) return { findings: [], fine: "revoked, and refused from then on" };
      throw error;
    }
    const mend = ["Wait for lifetimes.gatewayCache (5 minutes unless set), then try a client again."];
    return { findings: [find("revocation-late", { what: "The MCP server still answers.", mend })] };
  },
};
