import { describe, expect, it } from "vitest";
import { OAuthError } from "../errors.ts";
import { validateMetadata } from "./registration.ts";

const REDIRECT = "http://localhost:6274/callback";
const minimal = { redirect_uris: [REDIRECT] };

function refusal(body: Record<string, unknown>): { code: string; description: string; status: number } {
  try {
    validateMetadata(body);
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("validateMetadata", () => {
  it("CLI-1 fills in the defaults of RFC 7591 §2 for a client that says where to answer and no more", () => {
    expect(validateMetadata(minimal)).toEqual({
      redirect_uris: [REDIRECT],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    });
  });

  it("CLI-1 gives a client that leaves grant_types out both, and one that names authorization_code alone no more than that", () => {
    expect(validateMetadata(minimal).grant_types).toEqual(["authorization_code", "refresh_token"]);
    const grant_types = ["authorization_code"];
    expect(validateMetadata({ ...minimal, grant_types }).grant_types).toEqual(grant_types);
  });

  it("CLI-1 takes an empty list for left out", () => {
    const empty = { grant_types: [], response_types: [], contacts: [], jwks: [], scope: [], client_name: [] };
    expect(validateMetadata({ ...minimal, ...empty })).toEqual(validateMetadata(minimal));
  });

  it("CLI-1 keeps all that it knows", () => {
    const body = {
      redirect_uris: [REDIRECT, "cursor://anysphere.cursor-mcp/oauth/callback", "https://www.cursor.com/cb"],
      client_name: "Cursor",
      client_uri: "https://cursor.com/",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      scope: "mcp.tools offline_access",
      software_id: "cursor",
      software_version: "1.0",
    };
    expect(validateMetadata(body)).toEqual(body);
  });

  it("CLI-1 ignores members that it does not know", () => {
    const unknown = {
      logo_uri: "https://evil.example/track.png",
      jwks: { keys: [] },
      contacts: [1],
      client_id: "chosen",
      client_secret: "s",
      client_id_issued_at: 0,
      constructor: 1,
      toString: "x",
    };
    const parsed = JSON.parse(`{"__proto__": {"client_name": "x"}, "redirect_uris": ["${REDIRECT}"]}`);
    expect(validateMetadata({ ...minimal, ...unknown })).toEqual(validateMetadata(minimal));
    expect(validateMetadata(parsed)).toEqual(validateMetadata(minimal));
  });

  it("CLI-1 takes a member that is null for left out, as clients write what they have not", () => {
    const nothing = Object.fromEntries(
      [
        "client_name",
        "client_uri",
        "grant_types",
        "response_types",
        "token_endpoint_auth_method",
        "jwks",
        "jwks_uri",
        "scope",
        "software_id",
        "software_version",
      ].map((member) => [member, null]),
    );
    expect(validateMetadata({ ...minimal, ...nothing })).toEqual(validateMetadata(minimal));
  });

  it.each(["client_secret_basic", "client_secret_post"])("CLI-11 registers a client for %s", (method) => {
    const metadata = validateMetadata({ ...minimal, token_endpoint_auth_method: method });
    expect(metadata.token_endpoint_auth_method).toBe(method);
  });

  it.each(["private_key_jwt", "client_secret_jwt", "tls_client_auth", "made_up"])(
    "CLI-1 registers a client that asks for %s as a public one",
    (method) => {
      const { token_endpoint_auth_method } = validateMetadata({
        ...minimal,
        token_endpoint_auth_method: method,
      });
      expect(token_endpoint_auth_method).toBe("none");
    },
  );

  const jwks = { keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y" }] };
  const asking = { ...minimal, token_endpoint_auth_method: "private_key_jwt" };

  it.each([{ jwks }, { jwks_uri: "https://client.example/jwks.json" }])(
    "CLI-1 registers a client that asks for private_key_jwt and says where its keys are: %j",
    (keys) => {
      expect(validateMetadata({ ...asking, ...keys })).toMatchObject(keys);
      expect(validateMetadata({ ...asking, ...keys }).token_endpoint_auth_method).toBe("private_key_jwt");
      expect(validateMetadata({ ...minimal, ...keys })).toEqual(validateMetadata(minimal));
    },
  );

  it.each<[string, object]>([
    ["jwks is no key set.", { jwks: { keys: [] } }],
    ["jwks has a private or a shared key.", { jwks: { keys: [{ ...jwks.keys[0], d: "d" }] } }],
    ["jwks has a private or a shared key.", { jwks: { keys: [{ kty: "oct", k: "k" }] } }],
    ["jwks has more than 20 keys.", { jwks: { keys: Array(21).fill(jwks.keys[0]) } }],
    ["jwks_uri is not an https URL.", { jwks_uri: "http://client.example/jwks" }],
    ["jwks_uri has no plain DNS name as its host.", { jwks_uri: "https://169.254.169.254/jwks" }],
    ["jwks_uri has a host that is not public.", { jwks_uri: "https://x.internal/jwks" }],
    ["jwks and jwks_uri exclude each other.", { jwks, jwks_uri: "https://client.example/jwks" }],
  ])("CLI-1 CLI-4 refuses keys: %s", (description, keys) => {
    expect(refusal({ ...asking, ...keys })).toMatchObject({ code: "invalid_client_metadata", description });
  });

  it("leaves out the grant and response types that are not served", () => {
    const metadata = validateMetadata({
      ...minimal,
      grant_types: ["refresh_token", "implicit", "authorization_code", "urn:x"],
      response_types: ["code", "token", "code id_token"],
    });
    expect(metadata.grant_types).toEqual(["authorization_code", "refresh_token"]);
    expect(metadata.response_types).toEqual(["code"]);
  });

  it.each([
    ["redirect_uris", undefined],
    ["redirect_uris", null],
    ["redirect_uris", []],
    ["redirect_uris", REDIRECT],
    ["redirect_uris", [1]],
    ["redirect_uris", [[REDIRECT]]],
    ["redirect_uris", Array(21).fill(REDIRECT)],
    ["client_name", 1],
    ["client_name", "x".repeat(257)],
    ["client_uri", {}],
    ["client_uri", `https://example.com/${"x".repeat(1024)}`],
    ["grant_types", "authorization_code"],
    ["grant_types", [null]],
    ["grant_types", Array(11).fill("authorization_code")],
    ["response_types", "code"],
    ["response_types", Array(11).fill("code")],
    ["token_endpoint_auth_method", ["none"]],
    ["scope", ["mcp.tools"]],
    ["scope", "x".repeat(1025)],
    ["software_id", 5],
    ["software_id", "x".repeat(121)],
    ["software_version", false],
    ["software_version", "x".repeat(61)],
  ])("CLI-1 names the wrong member %s", (member, value) => {
    const { code, description, status } = refusal({ ...minimal, [member]: value });
    expect(code).toBe(member === "redirect_uris" ? "invalid_redirect_uri" : "invalid_client_metadata");
    expect(description).toBe(`${member} is ${value === undefined ? "missing" : "not usable"}.`);
    expect(status).toBe(400);
  });

  it.each([
    [{ grant_types: ["refresh_token"] }, "grant_types must include authorization_code."],
    [{ response_types: ["token"] }, "response_types must include code."],
  ])("refuses %j", (changes, description) => {
    expect(refusal({ ...minimal, ...changes })).toMatchObject({
      code: "invalid_client_metadata",
      description,
    });
  });

  it("CLI-6 refuses a registration for one evil redirect URI among good ones, without repeating it", () => {
    const { code, description } = refusal({ redirect_uris: [REDIRECT, "javascript:alert(document.cookie)"] });
    expect(code).toBe("invalid_redirect_uri");
    expect(description).toBe("A redirect URI has the scheme javascript:.");
  });

  it.each([
    [`${REDIRECT}?iss=https://evil.example`, "A redirect URI brings the parameter iss,"],
    ["https://app.example/cb?tenant=a&c%6fde=x", "A redirect URI brings the parameter code,"],
  ])("CLI-9 refuses a registration for %s among good ones", (uri, start) => {
    const { code, description } = refusal({ redirect_uris: [REDIRECT, uri] });
    expect([code, description.startsWith(start)]).toEqual(["invalid_redirect_uri", true]);
  });

  it("CLI-10 refuses a scheme that is not on the list, unless the operator allows it", () => {
    const body = { redirect_uris: [REDIRECT, "acme://cb"] };
    expect(refusal(body)).toMatchObject({
      code: "invalid_redirect_uri",
      description: expect.stringContaining("has the scheme acme:, where no known client awaits an answer"),
    });
    expect(validateMetadata(body, ["acme"]).redirect_uris).toEqual(body.redirect_uris);
  });

  it("CLI-1 keeps a name of up to 256 characters whole", () => {
    const client_name = "é".repeat(256);
    expect(validateMetadata({ ...minimal, client_name }).client_name).toBe(client_name);
  });

  it.each([
    ["bidirectional overrides", "Micro\u202etfos\u202c", "Microtfos"],
    ["bidirectional isolates", "\u2066Claude\u2069", "Claude"],
    ["characters without width", "Cla\u200bu\u200dde\ufeff", "Claude"],
    ["control characters", "Claude\u0000\u001b[31m\r\nCode\u009f", "Claude[31mCode"],
    ["line and paragraph separators", "Claude\u2028Code\u2029", "ClaudeCode"],
    ["private-use characters", "Claude\ue000\u{f0000}", "Claude"],
    ["halves of characters", "Claude\ud800", "Claude"],
    ["blanks around", "  Claude Code \u00a0", "Claude Code"],
    ["fillers and other letters that show nothing", "Cla\u3164u\u115f\u1160de\uffa0", "Claude"],
    ["selectors and tags", "Clau\ufe0fde\u{e0041}\u{e0100}", "Claude"],
    ["characters that Unicode has not assigned", "Claude\u0378\u{10ffff}", "Claude"],
    ["notes without a head, and other blanks", "\u{1d159}Claude\u2800\u{1d159} Code\u{13441}", "Claude Code"],
  ])("CON-6 takes %s out of a name", (_, given, kept) => {
    const metadata = validateMetadata({
      ...minimal,
      client_name: given,
      software_id: given,
      software_version: given,
    });
    expect(metadata).toMatchObject({ client_name: kept, software_id: kept, software_version: kept });
  });

  it("CON-6 keeps names in any language, and markup as the text that it is", () => {
    for (const client_name of ["Größe", "クロード", "עברית", "🦜 Parrot", "<b>&amp;</b>"]) {
      expect(validateMetadata({ ...minimal, client_name }).client_name).toBe(client_name);
    }
  });

  it.each([
    "http://example.com",
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "data:text/html,x",
    "example.com",
    "//example.com",
    "",
    "https://",
  ])("CON-6 drops a client_uri that is no https one: %j", (client_uri) => {
    expect(validateMetadata({ ...minimal, client_uri })).not.toHaveProperty("client_uri");
  });
});
