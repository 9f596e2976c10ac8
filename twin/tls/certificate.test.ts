import { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import { selfSignedCertificate } from "./certificate.ts";

/** Opens a connection and says how that went. */
async function handshake(port: number, servername: string, ca: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, servername, ca }, () => {
      resolve("connected");
      socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe("a self-signed certificate", () => {
  it("is one to Node: names, times and signature", () => {
    const { certificate } = selfSignedCertificate(["*.vault.azure.net", "localhost", "127.0.0.1"]);
    const parsed = new X509Certificate(certificate);
    expect(parsed.subjectAltName).toBe("DNS:*.vault.azure.net, DNS:localhost, IP Address:127.0.0.1");
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(parsed.validToDate.getTime()).toBeGreaterThan(Date.now());
  });

  it("is good for its hosts alone, and only to who trusts it", async () => {
    const ours = selfSignedCertificate(["*.vault.azure.net"]);
    const another = selfSignedCertificate(["*.vault.azure.net"]);
    const server = createServer({ cert: ours.certificate, key: ours.privateKey });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await handshake(port, "a.vault.azure.net", ours.certificate)).toBe("connected");
    expect(await handshake(port, "vault.example", ours.certificate)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    expect(await handshake(port, "a.vault.azure.net", another.certificate)).toBe(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    );
    await new Promise((resolve) => server.close(resolve));
  });
});
