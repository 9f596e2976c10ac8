import { request } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { startTunnel } from "./tunnel.ts";

/** Asks a proxy for a tunnel. @returns the status, and what came through it */
function through(proxy: string, target: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(proxy, { method: "CONNECT", path: target });
    asked.once("connect", (response, socket: Socket, head) => {
      let text = head.toString();
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.once("close", () => resolve({ status: response.statusCode, text }));
    });
    asked.once("error", reject).end();
  });
}

it("leads to the stand-in of a host it knows, and nowhere else", async () => {
  const server = createServer((socket) => socket.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const tunnel = await startTunnel({ "known.example:443": port });
  expect(await through(tunnel.url, "known.example:443")).toEqual({ status: 200, text: "hello" });
  expect(await through(tunnel.url, `127.0.0.1:${port}`)).toEqual({ status: 502, text: "" });
  expect((await fetch(tunnel.url)).status).toBe(405);
  await tunnel.stop();
  await new Promise((resolve) => server.close(resolve));
});
