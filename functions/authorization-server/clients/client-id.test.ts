import { describe, expect, it } from "vitest";
import { claimedClient } from "./client-id.ts";

describe("claimedClient", () => {
  it.each([
    ["Wj8mYfP0TzK1s-2bQ_xLrA", "Wj8mYfP0TzK1s-2bQ_xLrA"],
    ["k.Wj8mYfP0TzK1s-2bQ_xLrA", "k.Wj8mYfP0TzK1s-2bQ_xLrA"],
    ["https://client.example/oauth/metadata.json?secret=1", "https://client.example"],
    ["https://someone:secret@client.example/metadata.json", "https://client.example"],
  ])("names %s as %s", (id, client) => {
    expect(claimedClient(id)).toEqual({ client });
  });

  it.each([
    "",
    "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
    "ac.user.session.secret",
    "javascript:alert(1)",
    "http://client.example/",
  ])("says nothing of %j, which may be anything", (id) => {
    expect(claimedClient(id)).toEqual({});
  });
});
