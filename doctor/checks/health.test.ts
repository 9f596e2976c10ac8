import { describe, expect, it } from "vitest";
import type { Network } from "../network.ts";
import { visitTo } from "../testing/examination.ts";
import { health } from "./health.ts";

async function examine(status: number, body: string) {
  const asked: string[] = [];
  const network: Network = {
    ask: async (url) => {
      asked.push(url);
      return { url, status, headers: new Headers(), body };
    },
    certificate: () => Promise.reject(new Error("not used")),
    fetch: () => Promise.reject(new Error("not used")),
  };
  const visit = visitTo("https://mcp.contoso.com/mcp", { network });
  const { findings } = await health.examine(
    () => Promise.reject(new Error("needs nothing")) as never,
    visit,
    () => undefined,
  );
  return { asked, findings: findings.map(({ code, what }) => `${code}: ${what}`) };
}

describe("the health check", () => {
  it("is content with 200, and asks once", async () => {
    expect(await examine(200, '{"status":"ready"}')).toEqual({
      asked: ["https://mcp.contoso.com/health/ready"],
      findings: [],
    });
  });

  it.each([
    [
      '{"status":"not_ready","parts":{"keys":"out","store":"ok"}}',
      "/health/ready answers 503 and says what is out: keys.",
    ],
    [
      '{"status":"not_ready","parts":{"keys":"out","store":"out"}}',
      "/health/ready answers 503 and says what is out: keys, store.",
    ],
    ["<html>", "/health/ready answers 503."],
  ])("says what is out: %s", async (body, what) => {
    expect((await examine(503, body)).findings).toEqual([`health-fails: ${what}`]);
  });
});
