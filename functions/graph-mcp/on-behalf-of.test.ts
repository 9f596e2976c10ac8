import type { AuthenticationResult } from "@azure/msal-node";
import { describe, expect, it } from "vitest";
import { onBehalfOf } from "./on-behalf-of.ts";

function source() {
  const exchanged: string[] = [];
  const tokens = onBehalfOf(
    () => ({
      acquireTokenOnBehalfOf: async ({ oboAssertion }) => {
        exchanged.push(oboAssertion);
        if (oboAssertion === "refused") throw new Error("refused");
        return {
          accessToken: `for ${oboAssertion}`,
          expiresOn: new Date(Date.now() + 3_600_000),
        } as AuthenticationResult;
      },
    }),
    ["scope"],
  );
  return { exchanged, tokens };
}

const of = (token: string) => ({ token, tenantId: "tenant" });

describe("onBehalfOf", () => {
  it("makes one exchange for calls at the same time", async () => {
    const { exchanged, tokens } = source();
    const given = await Promise.all(Array.from({ length: 5 }, () => tokens.token(of("a"))));
    expect(new Set(given)).toEqual(new Set(["for a"]));
    expect(exchanged).toEqual(["a"]);
  });

  it("holds 1000 tokens at most, and lets those go that were not used for the longest time", async () => {
    const { exchanged, tokens } = source();
    for (let user = 0; user < 1000; user += 1) await tokens.token(of(`user ${user}`));
    await tokens.token(of("user 0"));
    await tokens.token(of("one more"));
    exchanged.length = 0;
    await tokens.token(of("user 0"));
    await tokens.token(of("user 1"));
    expect(exchanged).toEqual(["user 1"]);
  });

  it("keeps no refusal", async () => {
    const { exchanged, tokens } = source();
    await expect(tokens.token(of("refused"))).rejects.toThrow("could not be reached");
    await expect(tokens.token(of("refused"))).rejects.toThrow("could not be reached");
    expect(exchanged).toHaveLength(2);
  });
});
