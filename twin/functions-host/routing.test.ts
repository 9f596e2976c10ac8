import { describe, expect, it } from "vitest";
import { createRouter, type HttpFunction } from "./routing.ts";

function get(name: string, route: string): HttpFunction {
  return { name, route, methods: ["GET"] };
}

describe("createRouter", () => {
  const route = createRouter(
    [
      get("metadata", ".well-known/oauth-protected-resource/{*path}"),
      get("client", "register/{id}"),
      get("page", "page/{a?}"),
      { name: "register", route: "register", methods: ["POST"] },
      get("unnamed", ""),
    ],
    "",
  );

  it.each([
    ["a literal", "POST", "/register", "register", {}],
    ["any letter case", "POST", "/REGISTER", "register", {}],
    ["a slash at the end", "POST", "/register/", "register", {}],
    ["a parameter, decoded", "GET", "/register/a%20b", "client", { id: "a b" }],
    ["a parameter with an encoded slash, as it is", "GET", "/register/a%2Fb", "client", { id: "a%2Fb" }],
    ["an optional parameter given", "GET", "/page/x", "page", { a: "x" }],
    ["an optional parameter left out", "GET", "/page", "page", {}],
    ["a catch-all", "GET", "/.well-known/oauth-protected-resource/x/mcp", "metadata", { path: "x/mcp" }],
    ["an empty catch-all", "GET", "/.well-known/oauth-protected-resource", "metadata", { path: "" }],
    ["the function's name where the route is empty", "GET", "/unnamed", "unnamed", {}],
  ])("takes %s", (_, method, path, name, parameters) => {
    expect(route(method, path)).toEqual({ name, parameters });
  });

  it.each([
    ["an unknown path", "GET", "/nothing"],
    ["a longer path", "POST", "/register/a/b"],
    ["an empty segment", "GET", "/register//x"],
    ["another method, as Azure Functions has no 405", "PUT", "/register"],
  ])("finds nothing for %s", (_, method, path) => {
    expect(route(method, path)).toBeUndefined();
  });

  it("puts the route prefix first", () => {
    const prefixed = createRouter([get("hello", "hello")], "api");
    expect(prefixed("GET", "/api/hello")?.name).toBe("hello");
    expect(prefixed("GET", "/hello")).toBeUndefined();
  });

  it("prefers a literal to a parameter when the names' order allows it", () => {
    const router = createRouter([get("b", "items/{id}"), get("a", "items/recent")], "");
    expect(router("GET", "/items/recent")?.name).toBe("a");
    expect(router("GET", "/items/7")?.name).toBe("b");
  });

  it("refuses names whose order would hide a literal behind a parameter in Azure", () => {
    expect(() => createRouter([get("a", "items/{id}"), get("b", "items/recent")], "")).toThrow(
      'function "b" (items/recent) would get no request',
    );
  });

  it("lets two functions share a path under different methods", () => {
    const router = createRouter([get("a", "{x}"), { name: "b", route: "items", methods: ["POST"] }], "");
    expect(router("POST", "/items")?.name).toBe("b");
  });

  it.each([
    ["a reserved route", get("f", "admin/x"), "reserves"],
    ["a function name that Azure refuses", get("1f", "x"), "starts with a letter"],
    ["a route constraint", get("f", "x/{id:int}"), "{id:int}"],
    ["a catch-all in the middle", get("f", "{*a}/x"), "{*a}"],
  ])("refuses %s", (_, definition, message) => {
    expect(() => createRouter([definition], "")).toThrow(message);
  });
});
