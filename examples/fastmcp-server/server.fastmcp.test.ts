import { join } from "node:path";
import { describe } from "vitest";
import { testExample } from "../../test/support/example-server.ts";

describe("GW-15 a server with FastMCP and its own JWTVerifier", () => {
  testExample({
    name: "tickets",
    // Python on the PATH need not be the one that has FastMCP.
    command: "fastmcp",
    args: (port) => [
      "run",
      join(import.meta.dirname, "server.py"),
      "--transport",
      "http",
      "--port",
      String(port),
    ],
    tool: "list_tickets",
    answer: { owner: "Mira Okafor", tickets: [17, 42] },
  });
});
