/**
 * What the gateway says of a call, in header fields that a client's own never replace (`policies/fragments/mcp-granted.xml`).
 * They say nothing where the Entra token was not the gateway's to present.
 */
export interface GatewayGrant {
  /** The gateway's scopes for this server that the person granted. */
  readonly scopes: readonly string[];
  /** ID of the MCP client at the gateway. */
  readonly client: string | null;
  /** When the client's access token ends. */
  readonly tokenEndsAt: Date | null;
}

/** A call that did not come through the gateway. */
export const NO_GRANT: GatewayGrant = { scopes: [], client: null, tokenEndsAt: null };

/** Reads what the gateway says of a call. */
export function gatewayGrant(headers: Headers): GatewayGrant {
  const ends = /^\d{1,11}$/.exec(headers.get("X-Gateway-Token-Expires") ?? "")?.[0];
  return {
    scopes: headers.get("X-Gateway-Scopes")?.split(" ").filter(Boolean) ?? [],
    client: headers.get("X-Gateway-Client"),
    tokenEndsAt: ends === undefined ? null : new Date(Number(ends) * 1000),
  };
}
