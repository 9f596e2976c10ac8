import { describe, expect, it } from "vitest";
import { validateDocument } from "./metadata-document.ts";

const ID = "https://client.example/client.json";
const minimal = { client_id: ID, client_name: "Client", redirect_uris: ["http://localhost/callback"] };

function fault(value: unknown): string {
  try {
    validateDocument(ID, value);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "accepted";
}

describe("validateDocument", () => {
  it("CLI-3 takes a document with the three members that it needs", () => {
    expect(validateDocument(ID, minimal)).toEqual({
      name: "Client",
      redirectUris: ["http://localhost/callback"],
      grantTypes: ["authorization_code", "refresh_token"],
      authentication: { method: "none" },
    });
  });

  it("CLI-3 gives one that names authorization_code alone no more than that", () => {
    const grant_types = ["authorization_code"];
    expect(validateDocument(ID, { ...minimal, grant_types }).grantTypes).toEqual(grant_types);
  });

  it("CLI-3 takes an empty list of grant or response types for left out", () => {
    const document = { ...minimal, grant_types: [], response_types: [] };
    expect(validateDocument(ID, document)).toEqual(validateDocument(ID, minimal));
  });

  it.each([
    ["http://localhost/callback?iss=https://evil.example", "brings the parameter iss"],
    ["http://localhost/callback?%73tate=x", "brings the parameter state"],
  ])("CLI-9 refuses one with the redirect URI %s", (uri, message) => {
    expect(fault({ ...minimal, redirect_uris: ["http://localhost/callback", uri] })).toContain(message);
  });

  it("CLI-10 refuses one with a scheme that nobody may use, and leaves others to /authorize", () => {
    const withScheme = (uri: string) => ({ ...minimal, redirect_uris: ["http://localhost/callback", uri] });
    expect(fault(withScheme("microsoft-edge:https://evil.example"))).toContain("microsoft-edge:");
    expect(fault(withScheme("acme://cb"))).toBe("accepted");
  });

  it("CLI-3 takes what real clients publish, and ignores what it does not know", () => {
    const document = {
      ...minimal,
      client_uri: "https://client.example",
      logo_uri: "https://client.example/logo.png",
      redirect_uris: ["http://localhost/callback", "http://127.0.0.1/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      unknown: { a: 1 },
    };
    expect(validateDocument(ID, document).grantTypes).toEqual(["authorization_code", "refresh_token"]);
  });

  it("CLI-3 takes a member that is null for left out", () => {
    const nothing = {
      grant_types: null,
      response_types: null,
      token_endpoint_auth_method: null,
      jwks: null,
      jwks_uri: null,
    };
    expect(validateDocument(ID, { ...minimal, ...nothing })).toEqual(validateDocument(ID, minimal));
  });

  it.each([
    ["another client_id", { client_id: "https://client.example/other.json" }],
    ["a client_id in other letters", { client_id: "https://client.example/Client.json" }],
    ["a client_id with a slash more", { client_id: `${ID}/` }],
    ["a client_id with the default port", { client_id: "https://client.example:443/client.json" }],
    ["a client_id with an escape", { client_id: "https://client.example/%63lient.json" }],
  ])("CLI-3 refuses %s", (_, changes) => {
    expect(fault({ ...minimal, ...changes })).toBe("client_id is not the URL of the document");
  });

  it.each(["client_id", "client_name", "redirect_uris"] as const)("CLI-3 needs %s", (member) => {
    const { [member]: _, ...rest } = minimal;
    expect(fault(rest)).toBe(`${member} is missing`);
  });

  it.each<[string, object]>([
    ["it has a client_secret, and anyone can read it", { client_secret: "s" }],
    ["it has a client_secret, and anyone can read it", { client_secret: null }],
    ["it has a client_secret_expires_at, and anyone can read it", { client_secret_expires_at: 0 }],
    ["token_endpoint_auth_method is neither", { token_endpoint_auth_method: "client_secret_post" }],
    ["token_endpoint_auth_method is neither", { token_endpoint_auth_method: "client_secret_basic" }],
    ["token_endpoint_auth_method is neither", { token_endpoint_auth_method: "client_secret_jwt" }],
    ["token_endpoint_auth_method is neither", { token_endpoint_auth_method: "made_up" }],
  ])("CLI-3 refuses a symmetric secret: %s", (message, changes) => {
    expect(fault({ ...minimal, ...changes })).toContain(message);
  });

  it.each<[string, unknown]>([
    ["it is not a JSON object", null],
    ["it is not a JSON object", []],
    ["it is not a JSON object", "text"],
    ["client_id is not usable", { ...minimal, client_id: [ID] }],
    ["client_name is not usable", { ...minimal, client_name: 1 }],
    ["client_name is not usable", { ...minimal, client_name: "x".repeat(257) }],
    ["client_name is empty", { ...minimal, client_name: " \u202e " }],
    ["redirect_uris is not usable", { ...minimal, redirect_uris: [] }],
    ["redirect_uris is not usable", { ...minimal, redirect_uris: "https://a.b/c" }],
    ["redirect_uris is not usable", { ...minimal, redirect_uris: Array(21).fill("https://a.b/c") }],
    ["a redirect URI has the scheme javascript:", { ...minimal, redirect_uris: ["javascript:alert(1)"] }],
    [
      "a redirect URI is http to a host that is not loopback",
      { ...minimal, redirect_uris: ["https://client.example/cb", "http://client.example/cb"] },
    ],
    ["grant_types does not include", { ...minimal, grant_types: ["refresh_token"] }],
    ["grant_types is not usable", { ...minimal, grant_types: "authorization_code" }],
    ["response_types does not include", { ...minimal, response_types: ["token"] }],
  ])("CLI-3 refuses it when %s", (message, document) => {
    expect(fault(document)).toContain(message);
  });

  const jwks = { keys: [{ kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43), kid: "1" }] };
  const jwks_uri = "https://client.example/jwks.json";

  it.each([
    [{ jwks }, { jwks }],
    [{ jwks_uri }, { jwksUri: jwks_uri }],
  ])("CLI-3 takes keys of the client's own: %j", (members, keys) => {
    const document = { ...minimal, token_endpoint_auth_method: "private_key_jwt", ...members };
    expect(validateDocument(ID, document).authentication).toEqual({ method: "private_key_jwt", keys });
  });

  it.each<[string, object]>([
    ["jwks is missing", {}],
    ["jwks is no key set", { jwks: { keys: [] } }],
    ["jwks is no key set", { jwks: "https://client.example/jwks.json" }],
    ["jwks has a private or a shared key", { jwks: { keys: [{ ...jwks.keys[0], d: "d" }] } }],
    ["jwks has a private or a shared key", { jwks: { keys: [{ kty: "oct", k: "k" }] } }],
    ["jwks_uri is not an https URL", { jwks_uri: "http://client.example/jwks.json" }],
    ["jwks_uri has no plain DNS name", { jwks_uri: "https://127.0.0.1/jwks.json" }],
    ["jwks_uri is not usable", { jwks_uri: 5 }],
    ["it has both", { jwks, jwks_uri }],
  ])("CLI-3 refuses private_key_jwt when %s", (message, members) => {
    expect(fault({ ...minimal, token_endpoint_auth_method: "private_key_jwt", ...members })).toContain(
      message,
    );
  });

  it("CON-6 takes what would turn a name around out of it", () => {
    expect(validateDocument(ID, { ...minimal, client_name: "Micro\u202etfos" }).name).toBe("Microtfos");
  });
});
