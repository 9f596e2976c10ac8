import { join } from "node:path";
import { describe } from "vitest";
import { testExample } from "../../test/support/example-server.ts";

describe("GW-15 a server with FastMCP and its own JWTVerifier", () => {
  testExample({
    name: "tickets",
    command: "python3",
    args: [join(import.meta.dirname, "server.py")],
    tool: "list_tickets",
    answer: { owner: "Mira Okafor", tickets: [17, 42] },
  });
});
