import { describe, expect, it } from "vitest";
import { redirectUriFault, redirectUriMatches } from "../../../config/rules/redirect-uri.ts";
import fc from "../../testing/generated-input.ts";
import { OAuthError } from "../errors.ts";
import { codeResponseUrl, errorResponseUrl } from "./authorization-response.ts";

const ISSUER = "https://gw.example";
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

const scheme = fc.constantFrom(
  "https",
  "http",
  "HTTPS",
  "cursor",
  "com.example.app",
  "javascript",
  "file",
  "data",
);
const host = fc.oneof(
  fc.constantFrom(
    ...LOOPBACK,
    "LOCALHOST",
    "127.1",
    "0x7f.0.0.1",
    "[::ffff:127.0.0.1]",
    "localhost.evil.example",
  ),
  fc.constantFrom(
    "example.com",
    "user@example.com",
    "example.com.",
    "ex%61mple.com",
    "",
    "127.0.0.1@evil.example",
  ),
  fc.domain(),
);
const port = fc.oneof(
  fc.constant(""),
  fc.integer({ min: 0, max: 70_000 }).map((each) => `:${each}`),
);
const segment = fc.oneof(
  fc.constantFrom("cb", "..", ".", "%2e%2E", ".%2e", "a%2Fb", "@", "...", ""),
  fc.stringMatching(/^[\w~.-]{0,6}$/),
);
const path = fc.array(segment, { maxLength: 3 }).map((each) => each.map((one) => `/${one}`).join(""));
const query = fc.constantFrom(
  ...["", "?", "?a=b", "?a=b&next=/../x", "?to=https://evil.example/"],
  ...["?iss=x", "?a=b&%69ss=x", "?STATE=x", "?code[]=x", "?error.uri=x"],
);
const fragment = fc.constantFrom("", "", "", "", "#", "#f");
const slashes = fc.constantFrom("://", "://", "://", ":/", ":", ":///");
const uri = fc.tuple(scheme, slashes, host, port, path, query, fragment).map((parts) => parts.join(""));
const loopbackUri = fc
  .tuple(fc.constantFrom(...LOOPBACK), fc.constantFrom("", ":1", ":6274", ":65535"), path, query)
  .map(([each, at, rest, more]) => `http://${each}${at}${rest}${more}`);

const put = fc.oneof(
  fc.constantFrom(
    "\\",
    "@",
    "#",
    "%2f",
    "%00",
    "\r\n",
    "\t",
    " ",
    "\u0000",
    "\u202e",
    "\u3002",
    "\u24d4",
    "/",
    "?",
    ":",
    ".",
  ),
  fc.constantFrom(
    "/../",
    "/%2e%2e/",
    "user:pass@",
    ".evil.example",
    "[",
    "]",
    ":80",
    "&",
    "\u017f",
    "\u212a",
  ),
  fc.string({ unit: "binary", maxLength: 2 }),
);
/** A URI with something put in, taken out, or written in another way. */
const mutationOf = (given: fc.Arbitrary<string>) =>
  fc.oneof(
    fc
      .tuple(given, fc.nat(60), fc.nat(2), put)
      .map(([text, at, length, more]) => text.slice(0, at) + more + text.slice(at + length)),
    fc
      .tuple(given, fc.nat(60))
      .map(([text, at]) => text.slice(0, at) + text.slice(at, at + 1).toUpperCase() + text.slice(at + 1)),
    fc
      .tuple(given, fc.nat(60))
      .map(([text, at]) => text.slice(0, at) + encoded(text.slice(at, at + 1)) + text.slice(at + 1)),
    fc.tuple(given, port).map(([text, other]) => text.replace(/:\d+/, other)),
    given.map((text) => text.replace("localhost", "127.0.0.1")),
    given.map((text) => text.normalize("NFKC")),
  );
const encoded = (character: string) =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

const anyUri = fc.oneof(
  uri,
  loopbackUri,
  mutationOf(fc.oneof(uri, loopbackUri)),
  fc.string({ unit: "binary" }),
);
const acceptedUri = fc
  .oneof(uri, loopbackUri, mutationOf(loopbackUri))
  .filter((each) => redirectUriFault(each) === undefined);

const parse = (text: string) => new URL(text);

/** What a parser makes of a URI, without the port where it is free. */
function identity(text: string) {
  const { protocol, hostname, port: at, pathname, search, username, password, hash } = parse(text);
  const isFree = protocol === "http:" && LOOPBACK.includes(hostname);
  return { protocol, hostname, port: isFree ? "" : at, pathname, search, username, password, hash };
}

describe("any redirect URI", () => {
  it("CLI-6 that is accepted reads in one way, and is safe to send an answer to", () => {
    fc.assert(
      fc.property(anyUri, (text) => {
        if (redirectUriFault(text) !== undefined) return;
        const { protocol, hostname, username, password, hash, pathname } = parse(text);
        expect(text).toMatch(/^[!-~]{1,1024}$/);
        expect(text).not.toMatch(/[#\\"<>^`{|}]/);
        expect({ username, password, hash }).toEqual({ username: "", password: "", hash: "" });
        expect(["javascript:", "file:", "data:"]).not.toContain(protocol);
        if (protocol === "http:") expect(LOOPBACK).toContain(hostname);
        const [, authority = "", asWritten = ""] = /^[^:]+:(?:\/\/([^/?]*))?([^?]*)/.exec(text) ?? [];
        expect(authority).not.toContain("@");
        expect(asWritten.split("/").map(decoded)).not.toContain("..");
        expect(asWritten.split("/").map(decoded)).not.toContain(".");
        if (protocol === "http:" || protocol === "https:") {
          expect(authority.toLowerCase().replace(/:\d+$/, "")).toBe(hostname);
          expect(pathname).toBe(asWritten || "/");
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("CLI-9 that is accepted, or stored, brings an answer no parameter that it has itself", () => {
    const given = fc.tuple(fc.oneof(uri, loopbackUri, mutationOf(loopbackUri)), fc.boolean());
    fc.assert(
      fc.property(given, ([text, isCode]) => {
        if (!URL.canParse(text) || text.includes("#")) return;
        const target = { redirectUri: text, state: "s" };
        const answer = isCode
          ? codeResponseUrl(ISSUER, target, "c")
          : errorResponseUrl(ISSUER, target, new OAuthError("access_denied", "x"));
        if (redirectUriFault(text) === undefined) expect(answer.startsWith(text)).toBe(true);
        const names = [...parse(answer).searchParams.keys()].map((name) => name.toLowerCase());
        const own = isCode ? ["code", "iss", "state"] : ["error", "error_description", "iss", "state"];
        for (const name of own) expect(names.filter((each) => each === name)).toEqual([name]);
        expect(names.includes(isCode ? "error" : "code")).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });

  it("CLI-6 that is accepted matches itself", () => {
    fc.assert(
      fc.property(acceptedUri, (text) => {
        expect(redirectUriMatches(text, text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("CLI-6 matches an accepted one only with its scheme, host, path and query; the port is free on loopback alone", () => {
    const both = acceptedUri.chain((registered) =>
      fc.tuple(fc.constant(registered), fc.oneof(mutationOf(fc.constant(registered)), anyUri)),
    );
    fc.assert(
      fc.property(both, ([registered, requested]) => {
        if (!redirectUriMatches(registered, requested)) return;
        expect(redirectUriFault(requested)).toBeUndefined();
        expect(identity(requested)).toEqual(identity(registered));
      }),
      { numRuns: 5000 },
    );
  });

  it("CLI-6 matches on loopback with any port there is, or none", () => {
    const registered = loopbackUri.filter((each) => redirectUriFault(each) === undefined);
    fc.assert(
      fc.property(registered, fc.integer({ min: 1, max: 65_535 }), (text, at) => {
        const bare = text.replace(/^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\d+/, "$1");
        const withPort = bare.replace(/^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))/, `$1:${at}`);
        expect(redirectUriMatches(text, withPort)).toBe(true);
        expect(redirectUriMatches(text, bare)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

/** A path segment's dots, however they were written. */
function decoded(text: string): string {
  return text.replace(/%2e/gi, ".");
}
