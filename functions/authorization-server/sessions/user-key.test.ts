import { describe, expect, it } from "vitest";
import { userKey } from "./user-key.ts";

const key = userKey("https://gw.example", "tenant", "object");

describe("userKey", () => {
  it("is the same every time: a person's sessions stay in one partition over releases", () => {
    expect(userKey("https://gw.example", "tenant", "object")).toBe(key);
    // printf 'https://gw.example\ntenant\nobject' | openssl dgst -sha256 -binary | basenc --base64url
    expect(key).toBe("mticqIp06uQbtdLEf4cxwPDqKRMFvq-AiX7EMF6EhrI");
  });

  it.each([
    ["gateway", "https://gw2.example", "tenant", "object"],
    ["tenant", "https://gw.example", "tenant2", "object"],
    ["user", "https://gw.example", "tenant", "object2"],
    ["division of the same text", "https://gw.example", "tenan", "tobject"],
  ])("differs for another %s", (_, issuer, tenant, object) => {
    expect(userKey(issuer, tenant, object)).not.toBe(key);
  });

  it("shows nothing of the directory's IDs", () => {
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(key, "base64url").toString("latin1")).not.toContain("object");
  });
});
