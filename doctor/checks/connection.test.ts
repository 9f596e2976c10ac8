import { describe, expect, it } from "vitest";
import { type Answer, type Certificate, type Network, NetworkError } from "../network.ts";
import { visitTo } from "../testing/examination.ts";
import { connection } from "./connection.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const DAY = 86_400_000;
const good: Certificate = {
  fault: undefined,
  subject: "mcp.contoso.com",
  issuer: "Example CA",
  validTo: NOW + 60 * DAY,
  protocol: "TLSv1.3",
};

function codes(certificate: Certificate | NetworkError) {
  const answer: Answer = {
    url: "",
    status: 200,
    headers: new Headers({ date: new Date(NOW).toUTCString() }),
    body: "",
  };
  const network: Network = {
    ask: async () => answer,
    certificate: async () => {
      if (certificate instanceof NetworkError) throw certificate;
      return certificate;
    },
    fetch: () => Promise.reject(new Error("not used")),
  };
  const visit = visitTo("https://mcp.contoso.com/mcp", { network, now: () => NOW });
  return connection.examine(
    () => Promise.reject(new Error("needs nothing")) as never,
    visit,
    () => undefined,
  );
}

describe("the connection", () => {
  it.each([
    [good, []],
    [{ ...good, validTo: NOW + 20 * DAY }, ["certificate-ends-soon"]],
    [{ ...good, validTo: NOW - DAY, fault: "CERT_HAS_EXPIRED" }, ["certificate-expired"]],
    [{ ...good, fault: "DEPTH_ZERO_SELF_SIGNED_CERT" }, ["certificate-untrusted"]],
    [{ ...good, fault: "ERR_TLS_CERT_ALTNAME_INVALID" }, ["certificate-untrusted"]],
    [{ ...good, protocol: "TLSv1.1" }, ["tls-old"]],
    [
      new NetworkError("https://mcp.contoso.com", "ENOTFOUND", "the name is not known (DNS)"),
      ["unreachable"],
    ],
  ])("with %o finds %o", async (certificate, expected) => {
    const { findings, result } = await codes(certificate);
    expect(findings.map(({ code }) => code)).toEqual(expected);
    const usable = findings.every(({ level }) => level !== "error");
    expect(result).toEqual(usable ? { theirs: NOW, ours: NOW } : undefined);
  });
});
