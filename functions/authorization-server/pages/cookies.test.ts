import { describe, expect, it } from "vitest";
import { expireCookie, readCookies, setCookie } from "./cookies.ts";

const read = (cookie: string) =>
  Object.fromEntries(readCookies(new Request("https://gw.example/", { headers: { cookie } })));

describe("setCookie", () => {
  it("CAL-1 binds a cookie to this very host, TLS and top-level navigation, out of reach of scripts", () => {
    expect(setCookie("a", "b.c-d")).toBe("__Host-a=b.c-d; Path=/; Secure; HttpOnly; SameSite=Lax");
    expect(setCookie("a", "b", 600)).toBe("__Host-a=b; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600");
  });

  it("names no domain, without which the prefix would not hold", () => {
    expect(setCookie("a", "b")).not.toMatch(/domain/i);
  });
});

describe("expireCookie", () => {
  it("takes a cookie back under the same attributes", () => {
    expect(expireCookie("a")).toBe("__Host-a=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
  });
});

describe("readCookies", () => {
  it.each<[string, Record<string, string>]>([
    ["__Host-a=1", { a: "1" }],
    ["__Host-a=1; __Host-b=2", { a: "1", b: "2" }],
    ["__Host-a=1;__Host-b=2", { a: "1", b: "2" }],
    ["other=x; __Host-a=1; last=y", { a: "1" }],
    ["__Host-a=ey.J-_~", { a: "ey.J-_~" }],
    ["", {}],
  ])("reads %j", (cookie, expected) => {
    expect(read(cookie)).toEqual(expected);
  });

  it.each([
    "a=1",
    "__Secure-a=1",
    "__host-a=1",
    "x__Host-a=1",
    "__Host-=1",
    "__Host-a=",
    "__Host-a",
    '__Host-a="1"',
    "__Host-a=1,2",
    "__Host-a=<script>",
    "__Host-a=b=c",
    "__Host-a=%00",
  ])("takes %j for none of ours", (cookie) => {
    expect(read(cookie)).toEqual({});
  });

  it("takes the first of two of one name, as browsers send the more specific one first", () => {
    expect(read("__Host-a=1; __Host-a=2")).toEqual({ a: "1" });
  });

  it("reads what it set", () => {
    const [pair = ""] = setCookie("a", "b.c").split(";");
    expect(read(pair)).toEqual({ a: "b.c" });
  });

  it("takes names for nothing but names", () => {
    const cookies = readCookies(
      new Request("https://gw.example/", { headers: { cookie: "__Host-__proto__=1; __Host-constructor=2" } }),
    );
    expect(cookies.get("__proto__")).toBe("1");
    expect(cookies.get("toString")).toBeUndefined();
  });

  it("reads nothing where nothing was sent", () => {
    expect(readCookies(new Request("https://gw.example/")).size).toBe(0);
  });
});
