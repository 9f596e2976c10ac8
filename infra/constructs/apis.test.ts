import { describe, expect, it } from "vitest";
import { templateParameters } from "./apis.ts";

describe("templateParameters", () => {
  it("declares every parameter of a template", () => {
    expect(templateParameters("/register/{client_id}/{*rest}")).toEqual([
      { name: "client_id", required: true, type: "string" },
      { name: "rest", required: true, type: "string" },
    ]);
    expect(templateParameters("/")).toEqual([]);
  });
});
