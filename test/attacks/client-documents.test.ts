import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../twin/free-port.ts";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { useOwnTwin } from "../support/use-twin.ts";

/** Server-side request forgery by a client's ID, through the app that ships: nothing can be set that would let it in. */
const twin = useOwnTwin({ clientDocuments: {} });
let inside: Server;
let port: number;
const connections: string[] = [];

beforeAll(async () => {
  // Without a proxy, as it ships.
  inside = createServer();
  inside.on("connection", (socket) => {
    connections.push(`${socket.remoteAddress}`);
    socket.destroy();
  });
  port = await freePort();
  await new Promise<void>((resolve) => {
    inside.listen(port, "127.0.0.1", resolve);
  });
});

afterAll(async () => {
  inside?.close();
});

const ids = () => [
  `https://127.0.0.1:${port}/client.json`,
  `https://localhost:${port}/client.json`,
  `https://[::1]:${port}/client.json`,
  `https://[::ffff:127.0.0.1]:${port}/client.json`,
  `https://2130706433:${port}/client.json`,
  `https://127.1:${port}/client.json`,
  `https://app.localhost:${port}/client.json`,
  `https://127.0.0.1.nip.io:${port}/client.json`,
  `https://client.example@127.0.0.1:${port}/client.json`,
  `http://127.0.0.1:${port}/client.json`,
  "https://127.0.0.1/client.json",
  "https://localhost/client.json",
  "https://169.254.169.254/metadata/instance",
  `HTTPS://127.0.0.1:${port}/client.json`,
  new URL("/client.json", twin.cosmos.url).href,
  new URL("/client.json", twin.entra.url).href,
];

describe("a client ID that leads inside", () => {
  it("CLI-4 is refused with a page at /authorize, and no connection is made", async () => {
    for (const id of ids()) {
      const { url } = new OAuthClient(twin.origin, id).authorizationRequest();
      const response = await send(url);
      expect([id, response.status, response.headers.get("location")]).toEqual([id, 400, null]);
    }
    expect(connections).toEqual([]);
  });

  it("CLI-4 CLI-7 is an invalid_client at /token, and no connection is made", async () => {
    for (const id of ids()) {
      const client = new OAuthClient(twin.origin, id);
      const response = await client.redeem(client.authorizationRequest(), "not-a-code");
      expect([id, response.status]).toEqual([id, 401]);
    }
    expect(connections).toEqual([]);
  });

  it("CLI-3 is what the metadata invites to all the same", async () => {
    const response = await fetch(`${twin.origin}/.well-known/oauth-authorization-server`);
    expect(await response.json()).toMatchObject({ client_id_metadata_document_supported: true });
  });
});

it("CLI-4 the stand-in for what lies inside would have noticed", async () => {
  await fetch(`http://127.0.0.1:${(inside.address() as AddressInfo).port}`).catch(() => undefined);
  expect(connections).toHaveLength(1);
});
