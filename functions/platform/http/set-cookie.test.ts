import { describe, expect, it } from "vitest";
import { parseSetCookie } from "./set-cookie.ts";

describe("parseSetCookie", () => {
  it("keeps the value and every attribute of a __Host- cookie", () => {
    const header = "__Host-flow=eyJh.b-c_d; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600";
    expect(parseSetCookie(header)).toEqual({
      name: "__Host-flow",
      value: "eyJh.b-c_d",
      path: "/",
      secure: true,
      httpOnly: true,
      sameSite: "Lax",
      maxAge: 600,
    });
  });

  it("reads attributes in any letter case, a domain and a date", () => {
    const cookie = parseSetCookie(
      "a=; expires=Thu, 01 Jan 1970 00:00:00 GMT; DOMAIN=x.example; samesite=none",
    );
    expect(cookie).toEqual({
      name: "a",
      value: "",
      expires: new Date(0),
      domain: "x.example",
      sameSite: "None",
    });
  });

  it("reads names and values with blanks around them, or with nothing behind them", () => {
    expect(parseSetCookie(" a = b ; Path = /x ")).toEqual({ name: "a", value: "b", path: "/x" });
    expect(parseSetCookie("a; Path")).toEqual({ name: "a", value: "", path: "" });
  });

  it("gives the plain value, which Azure Functions encodes again", () => {
    expect(parseSetCookie("a=b%3Dc").value).toBe("b=c");
  });

  it.each([
    ["a value that would come out changed", "a=b=c", "percent-encoded"],
    ["an attribute that would be lost", "a=b; Partitioned", "Partitioned"],
    ["an attribute without a name", "a=b; =c", 'no attribute ""'],
    ["an unknown SameSite", "a=b; SameSite=Sometimes", "SameSite"],
    ["a Max-Age that is no number", "a=b; Max-Age=soon", "Max-Age"],
    ["a Max-Age with something before it", "a=b; Max-Age=x600", "Max-Age"],
    ["a Max-Age with something behind it", "a=b; Max-Age=600x", "Max-Age"],
    ["an empty Max-Age, which would end the cookie", "a=b; Max-Age=", "Max-Age"],
    ["an Expires that is no date", "a=b; Expires=soon", "Expires"],
  ])("refuses %s", (_, header, message) => {
    expect(() => parseSetCookie(header)).toThrow(message);
  });
});
