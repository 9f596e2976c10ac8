import type { Client } from "../../clients/client.ts";
import type { AnswerTarget } from "../authorization-response.ts";

/** A checked authorization request: all that the rest of the sign-in needs of it. JSON through and through. */
export interface AuthorizationRequest extends AnswerTarget {
  readonly client: Pick<Client, "id" | "name" | "grantTypes" | "useIsWorthNoting">;
  /** RFC 7636 S256. */
  readonly challenge: string;
  /** Name of the MCP server. */
  readonly server: string;
  readonly scopes: readonly string[];
}
