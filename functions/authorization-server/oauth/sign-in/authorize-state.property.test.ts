import { describe, expect, it } from "vitest";
import fc from "../../../testing/generated-input.ts";
import { clientRegistry } from "../../clients/registry.ts";
import type { Dependencies } from "../../dependencies.ts";
import { makeCall } from "../../testing/calls.ts";
import { ISSUER, resolvedGateway } from "../../testing/gateway.ts";
import { authorize } from "./authorize.ts";

const REDIRECT_URI = "https://inspector.example/callback";

const gateway = resolvedGateway();
const unasked = () => Promise.reject(new Error("a configured client needs no store"));
const documents = { create: unasked, read: unasked, replace: unasked, remove: unasked };
const store = { clients: documents, claims: documents };
const endpoint = authorize({
  gateway,
  clients: clientRegistry(gateway, store, () => 0, { find: unasked, authentication: unasked }),
} as Dependencies);

/** Asks without `response_type`, which the client hears of. */
async function answerTo(query: string): Promise<string> {
  const known = new URLSearchParams({ client_id: "inspector", redirect_uri: REDIRECT_URI });
  const response = await endpoint(new Request(`${ISSUER}/authorize?${query}&${known}`), makeCall());
  return response.headers.get("location") ?? "";
}

/** All that a query may hold (RFC 3986 §3.4) besides the `&` between its parameters. */
const asWritten = fc.oneof(
  fc.stringMatching(/^(?:[\w.~!$()*+,;:@/?=-]|%[0-9A-Fa-f]{2})+$/),
  fc.string({ unit: "binary", minLength: 1 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.base64String({ minLength: 1 }).filter((text) => text !== ""),
);

describe("any state", () => {
  it("AUT-1 goes back byte for byte, and adds nothing else to the answer", async () => {
    await fc.assert(
      fc.asyncProperty(asWritten, async (state) => {
        const location = await answerTo(`state=${state}`);
        const [before, after] = location.split("&state=");
        expect(after).toBe(state);
        expect(before).toMatch(/^https:\/\/inspector\.example\/callback\?error=invalid_request&/);
        const names = [...new URL(location).searchParams.keys()];
        expect(names).toEqual(["error", "error_description", "iss", "state"]);
      }),
      { numRuns: 500 },
    );
  });

  it("AUT-2 AUT-1 cannot bring the answer anywhere else, nor break out of its header, whatever the query holds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        const location = await answerTo(`state=${text.replace(/#/g, "")}`);
        if (location === "") return;
        expect(location).toMatch(/^https:\/\/inspector\.example\/callback\?error=[!-~]+$/);
        expect(new URL(location).searchParams.getAll("iss")).toEqual([ISSUER]);
        expect(new URL(location).searchParams.has("code")).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
