import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { selfSignedCertificate } from "../twin/tls/certificate.ts";
import { network } from "./network.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `localhost:${(server.address() as AddressInfo).port}`;
}

describe("a certificate", () => {
  it.each(["2050-01-02T03:04:05Z", "2021-01-02T03:04:05Z"])(
    "is looked at without being trusted, until %s",
    async (end) => {
      const { certificate: cert, privateKey: key } = selfSignedCertificate(["localhost"], Date.parse(end));
      const host = await listen(createTlsServer({ cert, key }));
      expect(await network.certificate(`https://${host}`)).toEqual({
        fault: expect.stringMatching(/SELF_SIGNED|EXPIRED/),
        subject: "localhost",
        issuer: "localhost",
        validTo: Date.parse(end),
        protocol: "TLSv1.3",
      });
      // Everything else trusts as clients do.
      await expect(network.ask(`https://${host}`)).rejects.toThrow("the connection failed");
    },
  );

  it("is missed where nobody speaks TLS", async () => {
    const host = await listen(createTcpServer((socket) => socket.end("220 mail\r\n")));
    await expect(network.certificate(`https://${host}`)).rejects.toMatchObject({ name: "NetworkError" });
  });
});

describe("an answer", () => {
  it("is given with its redirect, which is not followed", async () => {
    const host = await listen(
      createHttpServer((_, response) =>
        response.writeHead(302, { location: "https://www.example/" }).end("moved"),
      ),
    );
    const answer = await network.ask(`http://${host}`);
    expect([answer.status, answer.headers.get("location"), answer.body]).toEqual([
      302,
      "https://www.example/",
      "moved",
    ]);
  });

  it("is read to a limit, however long it is", async () => {
    const host = await listen(
      createHttpServer((_, response) => {
        const write = () => {
          while (!response.destroyed && response.write("x".repeat(65_536)));
        };
        response.on("drain", write);
        write();
      }),
    );
    const { body } = await network.ask(`http://${host}`);
    expect(body.length).toBeGreaterThan(1024 * 1024);
    expect(body.length).toBeLessThan(2 * 1024 * 1024);
  });

  it("is not waited for while an event stream goes on", async () => {
    const host = await listen(
      createHttpServer((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" }).write("data: x\n\n");
      }),
    );
    expect((await network.ask(`http://${host}`)).body).toBe("");
  });

  it("is missed in words", async () => {
    const host = await listen(createTcpServer());
    servers.pop()?.close();
    await expect(network.ask(`http://${host}/x`)).rejects.toMatchObject({
      code: "ECONNREFUSED",
      message: "nobody listens there",
    });
  });
});
