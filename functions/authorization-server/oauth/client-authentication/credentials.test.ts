import { describe, expect, it } from "vitest";
import { refusalOf } from "../../testing/failure.ts";
import { presentedCredentials } from "./credentials.ts";

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const ASSERTION = `${part({ alg: "ES256" })}.${part({ sub: "client" })}.AA`;
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

function presented(form: Record<string, string>, authorization?: string) {
  const headers = authorization === undefined ? {} : { authorization };
  return presentedCredentials(
    new Request("https://as.example/token", { headers }),
    new Map(Object.entries(form)),
  );
}

describe("presentedCredentials", () => {
  it.each<[string, Record<string, string>, string | undefined, object]>([
    ["an ID alone", { client_id: "client" }, undefined, { kind: "none", clientId: "client" }],
    ["Basic", {}, basic("client:s"), { kind: "basic", clientId: "client", secret: "s" }],
    ["Basic in small letters", {}, basic("client:s").replace("B", "b"), { kind: "basic" }],
    [
      "Basic with encoded halves",
      {},
      basic("https%3A%2F%2Fclient.example%2Fa:p%25+%3A"),
      { kind: "basic", clientId: "https://client.example/a", secret: "p% :" },
    ],
    ["Basic with colons in the secret", {}, basic("client:a:b"), { secret: "a:b" }],
    ["Basic with the same ID in the form", { client_id: "client" }, basic("client:s"), { kind: "basic" }],
    ["Basic without a secret", {}, basic("client:"), { kind: "none", clientId: "client" }],
    [
      "a secret in the form",
      { client_id: "client", client_secret: "s" },
      undefined,
      { kind: "post", secret: "s" },
    ],
    [
      "an assertion",
      { client_id: "client", client_assertion: ASSERTION, client_assertion_type: JWT_BEARER },
      undefined,
      { kind: "assertion", clientId: "client", assertion: ASSERTION },
    ],
    [
      "an assertion that names the client",
      { client_assertion: ASSERTION, client_assertion_type: JWT_BEARER },
      undefined,
      { kind: "assertion", clientId: "client" },
    ],
    ["another scheme that begins alike", { client_id: "client" }, "Basic-Plus x", { kind: "none" }],
    ["a bearer token, which is no credential here", { client_id: "client" }, "Bearer x", { kind: "none" }],
  ])("reads %s", (_, form, authorization, expected) => {
    expect(presented(form, authorization)).toMatchObject(expected);
  });

  it.each<[string, Record<string, string>, string | undefined, string]>([
    ["nothing at all", {}, undefined, "invalid_request"],
    ["a secret without an ID", { client_secret: "s" }, undefined, "invalid_request"],
    [
      "Basic and a secret in the form",
      { client_id: "client", client_secret: "s" },
      basic("client:s"),
      "invalid_request",
    ],
    [
      "a secret and an assertion",
      {
        client_id: "client",
        client_secret: "s",
        client_assertion: ASSERTION,
        client_assertion_type: JWT_BEARER,
      },
      undefined,
      "invalid_request",
    ],
    ["Basic of another client", { client_id: "other" }, basic("client:s"), "invalid_request"],
    [
      "an assertion without its type",
      { client_id: "client", client_assertion: ASSERTION },
      undefined,
      "invalid_request",
    ],
    [
      "a type without an assertion",
      { client_id: "client", client_assertion_type: JWT_BEARER },
      undefined,
      "invalid_request",
    ],
    [
      "an assertion of another type",
      { client_id: "client", client_assertion: ASSERTION, client_assertion_type: "saml2-bearer" },
      undefined,
      "invalid_request",
    ],
    ["Basic without a colon", {}, basic("client"), "invalid_client"],
    ["Basic without an ID", {}, basic(":s"), "invalid_client"],
    ["Basic with a broken escape", {}, basic("client:%zz"), "invalid_client"],
    ["Basic in base64url", {}, basic("client:~~~~").replaceAll("+", "-"), "invalid_client"],
    ["Basic without its padding", {}, basic("client:s").replaceAll("=", ""), "invalid_client"],
    ["Basic with something behind it", { client_id: "client" }, `${basic("client:s")} x`, "invalid_client"],
    ["Basic twice", {}, `${basic("client:s")}, ${basic("client:s")}`, "invalid_client"],
    ["Basic of nothing, beside an ID", { client_id: "client" }, "Basic", "invalid_client"],
    ["Basic with a tab", { client_id: "client" }, basic("client:s").replace(" ", "\t"), "invalid_client"],
    [
      "no JWT and no ID",
      { client_assertion: "x", client_assertion_type: JWT_BEARER },
      undefined,
      "invalid_client",
    ],
    [
      "a JWT without a subject and no ID",
      { client_assertion: `${part({})}.${part({})}.AA`, client_assertion_type: JWT_BEARER },
      undefined,
      "invalid_client",
    ],
  ])("refuses %s", (_, form, authorization, code) => {
    expect(refusalOf(() => presented(form, authorization)).code).toBe(code);
  });
});
