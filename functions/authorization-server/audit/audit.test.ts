import { describe, expect, it } from "vitest";
import { makeCall } from "../testing/calls.ts";
import { audit } from "./audit.ts";

describe("audit", () => {
  it("writes one line that says that it belongs to the audit trail, and from which network", () => {
    const call = { ...makeCall(), network: "203.0.113.0/24" };
    audit(call, "registered", { client: "c" });
    expect(call.lines).toEqual([
      {
        level: "info",
        event: "registered",
        fields: { audit: true, network: "203.0.113.0/24", client: "c" },
      },
    ]);
  });

  it("bounds what a stranger can make a line hold", () => {
    const call = makeCall();
    audit(call, "registered", { client: "x".repeat(10_000) });
    expect(call.lines[0]?.fields["client"]).toBe("x".repeat(300));
  });
});
