import { describe, expect, it } from "vitest";
import { randomId, randomSecret } from "../crypto/secrets.ts";
import { formatCode, formatRefreshToken, parseCode, parseRefreshToken } from "./handles.ts";
import { userKey } from "./user-key.ts";

const place = { user: userKey("https://gw.example", "tenant", "object"), session: randomId() };
const code = { ...place, secret: randomSecret() };
const refresh = { ...place, family: randomSecret(), secret: randomSecret() };

/** Texts that are nearly the one given. */
function nearly(handle: string): string[] {
  const parts = handle.split(".");
  return [
    "",
    "x",
    `${handle} `,
    ` ${handle}`,
    `${handle}\n`,
    `${handle}.`,
    `${handle}A`,
    handle.slice(0, -1),
    handle.toUpperCase(),
    handle.replaceAll(".", ":"),
    [...parts, parts.at(-1)].join("."),
    parts.slice(0, -1).join("."),
    ...parts.map((_, i) => parts.map((part, j) => (i === j ? "" : part)).join(".")),
    ...parts.map((_, i) => parts.map((part, j) => (i === j ? `${part}A` : part)).join(".")),
    ...parts.map((_, i) => parts.map((part, j) => (i === j ? `${part.slice(0, -1)}/` : part)).join(".")),
    ...parts.map((_, i) => parts.map((part, j) => (i === j ? `${part.slice(0, -1)}é` : part)).join(".")),
  ];
}

describe("authorization codes", () => {
  it("carry the session's place and the secret", () => {
    expect(parseCode(formatCode(code))).toEqual(code);
    expect(formatCode(code)).toMatch(/^ac\.[\w-]{43}\.[\w-]{22}\.[\w-]{43}$/);
  });

  it.each(nearly(formatCode(code)))("are nothing like %j", (text) => {
    expect(parseCode(text)).toBeUndefined();
  });
});

describe("refresh tokens", () => {
  it("carry the session's place and both secrets", () => {
    expect(parseRefreshToken(formatRefreshToken(refresh))).toEqual(refresh);
    expect(formatRefreshToken(refresh)).toMatch(/^rt\.[\w-]{43}\.[\w-]{22}\.[\w-]{43}\.[\w-]{43}$/);
  });

  it.each(nearly(formatRefreshToken(refresh)))("are nothing like %j", (text) => {
    expect(parseRefreshToken(text)).toBeUndefined();
  });
});

describe("tokens of one kind", () => {
  it("TOK-9 are none of the other", () => {
    expect(parseCode(formatRefreshToken(refresh))).toBeUndefined();
    expect(parseRefreshToken(formatCode(code))).toBeUndefined();
    expect(parseRefreshToken(formatRefreshToken(refresh).replace("rt.", "ac."))).toBeUndefined();
    expect(parseCode("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln")).toBeUndefined();
    expect(parseRefreshToken("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln")).toBeUndefined();
  });
});
