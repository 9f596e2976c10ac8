import { constants, generateKeyPairSync, KeyObject, sign } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  describeGateway,
  policies,
  startServer,
  startTestGateway,
  type TestGateway,
  type TestServer,
} from "../../testing/gateway.ts";

interface Key {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

const published: JWK[] = [];
let configurationCalls = 0;
let provider: TestServer;
let gateway: TestGateway;
let first: Key;
let second: Key;
const shortKey = generateKeyPairSync("rsa", { modulusLength: 1024 });

async function makeKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig" } };
}

beforeAll(async () => {
  [first, second] = await Promise.all([makeKey("one"), makeKey("two")]);
  published.push(first.jwk);
  provider = await startServer((request, response) => {
    if (request.url === "/keys") return response.end(JSON.stringify({ keys: published }));
    configurationCalls++;
    return response.end(
      JSON.stringify({ issuer: "https://issuer.example", jwks_uri: `${provider.url}/keys` }),
    );
  });
  const validate = (attributes: string, children: string) =>
    policies({
      inbound: `<validate-jwt ${attributes}>${children}</validate-jwt>
      <return-response><set-body>@(((Jwt)context.Variables["jwt"]).Subject + "|" + ((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("scope", ""))</set-body></return-response>`,
      onError:
        '<set-header name="X-Reason"><value>@(context.LastError.Source + " " + context.LastError.Reason)</value></set-header>',
    });
  const openId = `<openid-config url="${provider.url}/configuration" validate-connectivity="false" />`;
  const audiences = "<audiences><audience>https://mcp.example/mcp</audience></audiences>";
  const out = 'output-token-variable-name="jwt"';
  const bearer = `header-name="Authorization" require-scheme="Bearer" ${out}`;
  const files: Readonly<Record<string, string>> = {
    "plain.xml": validate(bearer, openId + audiences),
    "claims.xml": validate(
      bearer,
      `${openId}${audiences}<required-claims><claim name="scope" match="all" separator=" "><value>read</value><value>write</value></claim><claim name="roles" match="any"><value>admin</value><value>user</value></claim></required-claims>`,
    ),
    "issuers.xml": validate(bearer, `${openId}<issuers><issuer>https://other.example</issuer></issuers>`),
    "skew.xml": validate(`${bearer} clock-skew="3600"`, openId),
    "query.xml": validate(`query-parameter-name="token" ${out}`, openId),
    "value.xml": validate(
      `token-value="@(context.Request.Headers.GetValueOrDefault("X-Token", ""))" ${out}`,
      openId,
    ),
    "message.xml": validate(
      `${bearer} failed-validation-httpcode="403" failed-validation-error-message="Not you."`,
      openId,
    ),
    "short.xml": validate(
      bearer,
      `<issuer-signing-keys><key id="short" n="${shortKey.publicKey.export({ format: "jwk" }).n}" e="AQAB" /></issuer-signing-keys>`,
    ),
    "written.xml": validate(
      bearer,
      `<issuer-signing-keys><key id="two" n="${second.jwk.n}" e="${second.jwk.e}" /></issuer-signing-keys>`,
    ),
    "secret.xml": validate(
      bearer,
      `<issuer-signing-keys><key>${Buffer.from(SECRET).toString("base64")}</key></issuer-signing-keys>`,
    ),
  };
  const operations = Object.keys(files).map((file) => {
    const name = file.replace(".xml", "");
    return { name, displayName: name, method: "GET", urlTemplate: `/${name}`, policy: file } as const;
  });
  gateway = await startTestGateway({ "api.xml": policies({}), ...files }, describeGateway({ operations }));
});

afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

const SECRET = "a secret of at least thirty-two bytes";
const now = () => Math.floor(Date.now() / 1000);

/** Claims that take the place of the usual ones; undefined leaves one out. */
type Claims = Readonly<Record<string, unknown>>;

async function token(
  claims: Claims = {},
  key: Key = first,
  header: { alg?: string; kid?: string } = {},
): Promise<string> {
  const payload = {
    iss: "https://issuer.example",
    aud: "https://mcp.example/mcp",
    sub: "user",
    scope: "read write",
    roles: ["user"],
    exp: now() + 600,
    ...claims,
  };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: "RS256", kid: key.jwk.kid ?? "", ...header })
    .sign(key.privateKey);
}

/** A good token that Node signs, for what jose does not make. */
function signedWith(alg: string, key: KeyObject, header: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: "https://issuer.example",
    aud: "https://mcp.example/mcp",
    sub: "user",
    exp: now() + 600,
  };
  const signed = `${part({ alg, kid: "one", ...header })}.${part(claims)}`;
  const padding = alg.startsWith("PS") ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  const saltLength = Number(alg.slice(2)) / 8;
  const signature = sign(`sha${alg.slice(2)}`, Buffer.from(signed), { key, ...padding, saltLength });
  return `${signed}.${signature.toString("base64url")}`;
}

async function get(
  path: string,
  authorization?: string,
): Promise<{ status: number; reason: string | null; body: string }> {
  const response = await fetch(`${gateway.url}${path}`, {
    headers: authorization === undefined ? {} : { Authorization: authorization },
  });
  return { status: response.status, reason: response.headers.get("x-reason"), body: await response.text() };
}

describe("validate-jwt", () => {
  it("GW-1 lets a good token through and keeps it in a variable", async () => {
    expect(await get("/plain", `Bearer ${await token()}`)).toMatchObject({
      status: 200,
      body: "user|read write",
    });
    expect(
      await get("/claims", `bearer ${await token({ aud: ["x", "https://mcp.example/mcp"] })}`),
    ).toMatchObject({ status: 200 });
  });

  const claim = (claims: Claims) => () => token(claims);
  it.each<[string, string, () => Promise<string>, string]>([
    ["an expired token", "/plain", claim({ exp: 1700000000 }), "TokenExpired"],
    ["a token that ends now", "/plain", () => token({ exp: now() - 1 }), "TokenExpired"],
    ["a token without an end", "/plain", () => token({ exp: undefined }), "JwtInvalid"],
    ["a token that is not valid yet", "/plain", () => token({ nbf: now() + 600 }), "JwtInvalid"],
    [
      "another audience",
      "/plain",
      claim({ aud: "https://mcp.example/mcp-other" }),
      "TokenAudienceNotAllowed",
    ],
    ["no audience", "/plain", claim({ aud: undefined }), "TokenAudienceNotAllowed"],
    [
      "another issuer than the provider's",
      "/plain",
      claim({ iss: "https://evil.example" }),
      "TokenIssuerNotAllowed",
    ],
    ["another issuer than the policy's", "/issuers", claim({}), "TokenIssuerNotAllowed"],
    ["a missing claim", "/claims", claim({ roles: undefined }), "TokenClaimNotFound"],
    ["one of all values missing", "/claims", claim({ scope: "read" }), "TokenClaimValueNotAllowed"],
    ["none of any values", "/claims", claim({ roles: ["guest"] }), "TokenClaimValueNotAllowed"],
    ["a key that nobody published", "/plain", () => token({}, second), "TokenSignatureKeyNotFound"],
    [
      "a signature of another key under a known ID",
      "/plain",
      () => token({}, { ...second, jwk: { ...second.jwk, kid: "one" } }),
      "TokenSignatureInvalid",
    ],
  ])("GW-1 refuses %s", async (_, path, make, reason) => {
    expect(await get(path, `Bearer ${await make()}`)).toMatchObject({
      status: 401,
      reason: `validate-jwt ${reason}`,
    });
  });

  it("GW-1 refuses what is not signed, tampered with, or no token at all", async () => {
    const good = await token();
    const [header = "", payload = "", signature = ""] = good.split(".");
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
    const other = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload, "base64url").toString()), sub: "x" }),
    ).toString("base64url");
    const confused = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256", kid: "one" })
      .sign(Buffer.from(JSON.stringify(first.jwk)));
    expect((await get("/plain", `Bearer ${none}`)).status).toBe(401);
    expect((await get("/plain", `Bearer ${header}.${other}.${signature}`)).reason).toBe(
      "validate-jwt TokenSignatureInvalid",
    );
    expect((await get("/plain", `Bearer ${confused}`)).reason).toBe("validate-jwt TokenSignatureInvalid");
    expect((await get("/plain", "Bearer nonsense")).reason).toBe("validate-jwt JwtInvalid");
    expect((await get("/plain")).reason).toBe("validate-jwt TokenNotPresent");
    expect((await get("/plain", `Basic ${good}`)).reason).toBe("validate-jwt TokenNotPresent");
    expect((await get("/plain", good)).reason).toBe("validate-jwt TokenNotPresent");
    expect((await get(`/plain?access_token=${good}`)).reason).toBe("validate-jwt TokenNotPresent");
  });

  it.each(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])("GW-1 verifies %s", async (alg) => {
    const good = signedWith(alg, KeyObject.from(first.privateKey));
    expect((await get("/plain", `Bearer ${good}`)).status).toBe(200);
    const [header = "", payload = "", signature = ""] = good.split(".");
    const turned = (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
    expect((await get("/plain", `Bearer ${header}.${payload}.${turned}`)).reason).toBe(
      "validate-jwt TokenSignatureInvalid",
    );
    const other = alg.startsWith("RS") ? alg.replace("RS", "PS") : alg.replace("PS", "RS");
    const claimed = signedWith(alg, KeyObject.from(first.privateKey), { alg: other });
    expect((await get("/plain", `Bearer ${claimed}`)).reason).toBe("validate-jwt TokenSignatureInvalid");
  });

  it("GW-1 refuses keys under 2,048 bits, and header parameters that it has to understand", async () => {
    const short = `Bearer ${signedWith("RS256", shortKey.privateKey, { kid: "short" })}`;
    expect((await get("/short", short)).reason).toBe("validate-jwt TokenSignatureInvalid");
    for (const more of [
      { crit: ["http://example.com/unknown"], "http://example.com/unknown": true },
      { crit: ["b64"], b64: false },
      { b64: true },
    ]) {
      const good = `Bearer ${signedWith("RS256", KeyObject.from(first.privateKey), more)}`;
      expect((await get("/plain", good)).reason).toBe("validate-jwt TokenSignatureInvalid");
    }
  });

  it.each([
    ["exp", "1e999"],
    ["exp", '"2000000000"'],
    ["nbf", "1e999"],
    ["nbf", '"0"'],
    ["nbf", "[0]"],
  ])("GW-1 refuses a token whose %s is %s", async (name, value) => {
    const payload = (await token({ [name]: 7777 })).split(".")[1] ?? "";
    const changed = Buffer.from(payload, "base64url").toString().replace("7777", value);
    const header = Buffer.from('{"alg":"RS256","kid":"one"}').toString("base64url");
    const signed = `${header}.${Buffer.from(changed).toString("base64url")}`;
    const signature = sign("sha256", Buffer.from(signed), KeyObject.from(first.privateKey));
    const answer = await get("/plain", `Bearer ${signed}.${signature.toString("base64url")}`);
    expect(answer.reason).toBe("validate-jwt JwtInvalid");
  });

  it("answers in the policy's own words, and by default in its own", async () => {
    expect(await get("/message")).toEqual({
      status: 403,
      reason: "validate-jwt TokenNotPresent",
      body: '{"statusCode":403,"message":"Not you."}',
    });
    expect((await get("/plain")).body).toBe('{"statusCode":401,"message":"JWT not present."}');
  });

  it("allows for clock skew where the policy does", async () => {
    expect((await get("/skew", `Bearer ${await token({ exp: now() - 60 })}`)).status).toBe(200);
  });

  it("takes the token from a query parameter or an expression", async () => {
    expect((await get(`/query?token=${await token()}`)).status).toBe(200);
    const response = await fetch(`${gateway.url}/value`, { headers: { "X-Token": await token() } });
    expect(response.status).toBe(200);
  });

  it("takes keys written into the policy", async () => {
    expect((await get("/written", `Bearer ${await token({}, second)}`)).status).toBe(200);
    expect((await get("/written", `Bearer ${await token()}`)).reason).toBe(
      "validate-jwt TokenSignatureKeyNotFound",
    );
    const hmac = await new SignJWT({ sub: "user", exp: now() + 60 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(SECRET));
    expect((await get("/secret", `Bearer ${hmac}`)).status).toBe(200);
  });

  it("asks for the provider's configuration once, whatever unknown keys it sees", async () => {
    const before = configurationCalls;
    for (let count = 0; count < 3; count++) await get("/plain", `Bearer ${await token({}, second)}`);
    expect(configurationCalls).toBe(before);
  });
});
