import { describe, expect, it } from "vitest";
import { OAuthError } from "../errors.ts";
import { codeResponseUrl, errorResponseUrl } from "./authorization-response.ts";

const ISSUER = "https://gw.example";
const redirectUri = "https://client.example/cb";
const denied = new OAuthError("access_denied", "The person did not allow it.", { reason: "person_denied" });

describe("authorization responses", () => {
  it("AUT-2 bring code, iss and state", () => {
    expect(codeResponseUrl(ISSUER, { redirectUri, state: "s" }, "ac.u.s.x")).toBe(
      "https://client.example/cb?code=ac.u.s.x&iss=https%3A%2F%2Fgw.example&state=s",
    );
  });

  it("AUT-2 bring error, description, iss and state, and not the reason", () => {
    expect(errorResponseUrl(ISSUER, { redirectUri, state: "s" }, denied)).toBe(
      "https://client.example/cb?error=access_denied&error_description=The+person+did+not+allow+it.&iss=https%3A%2F%2Fgw.example&state=s",
    );
  });

  it("bring no state when there was none", () => {
    expect(codeResponseUrl(ISSUER, { redirectUri }, "c")).not.toContain("state");
    expect(codeResponseUrl(ISSUER, { redirectUri, state: undefined }, "c")).not.toContain("state");
  });

  it.each(["dGVzdA+/==", "a%2Bb%2F%3D%3D", "%7B%22a%22%3A1%7D", "a?b/c:d@e!$'()*,;", "%20+%0a%zz", "~-._"])(
    "AUT-1 echo the state byte for byte: %s",
    (state) => {
      expect(codeResponseUrl(ISSUER, { redirectUri, state }, "c").endsWith(`&state=${state}`)).toBe(true);
      expect(errorResponseUrl(ISSUER, { redirectUri, state }, denied).endsWith(`&state=${state}`)).toBe(true);
    },
  );

  it.each([
    ["https://client.example/cb?a=b", "https://client.example/cb?a=b&code=c&"],
    ["https://client.example", "https://client.example?code=c&"],
    ["http://localhost:1234/cb", "http://localhost:1234/cb?code=c&"],
    ["cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback?code=c&"],
    ["com.example.app:/cb", "com.example.app:/cb?code=c&"],
    ["com.example.APP:cb", "com.example.APP:cb?code=c&"],
    ["https://client.example/%7ecb", "https://client.example/%7ecb?code=c&"],
  ])("leave the redirect URI as it was written: %s", (uri, start) => {
    expect(codeResponseUrl(ISSUER, { redirectUri: uri, state: "s" }, "c").startsWith(start)).toBe(true);
  });

  it.each([
    ["https://client.example/cb?iss=https://evil.example", ""],
    ["https://client.example/cb?a=b&%69ss=x&ISS=y&state=z&code=1&error=e", "a=b&"],
    ["http://localhost:33990/callback?state=s&iss[]=x", ""],
    ["com.example.app:cb?code=1;c=d", "c=d&"],
  ])("CLI-9 carry each of their parameters once, whatever is stored: %s", (redirectUri, kept) => {
    const base = redirectUri.split("?")[0];
    const target = { redirectUri, state: "s" };
    const iss = encodeURIComponent(ISSUER);
    expect(codeResponseUrl(ISSUER, target, "c")).toBe(`${base}?${kept}code=c&iss=${iss}&state=s`);
    const parameters = new URL(errorResponseUrl(ISSUER, target, denied)).searchParams;
    for (const name of ["error", "error_description", "iss", "state"]) {
      expect(parameters.getAll(name)).toHaveLength(1);
    }
    expect(parameters.has("code")).toBe(false);
  });

  it("let no description add a parameter", () => {
    const error = new OAuthError("invalid_request", "a&code=evil#x\r\nLocation: y");
    const url = new URL(errorResponseUrl(ISSUER, { redirectUri, state: "s" }, error));
    expect([...url.searchParams.keys()]).toEqual(["error", "error_description", "iss", "state"]);
    expect(url.href).not.toMatch(/[\r\n]/);
    expect(url.hash).toBe("");
  });
});
