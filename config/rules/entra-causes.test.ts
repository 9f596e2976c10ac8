import { describe, expect, it } from "vitest";
import { aadstsIn, entraCause, isFederatedCredentialCause } from "./entra-causes.ts";

describe("aadstsIn", () => {
  it.each([
    ["AADSTS65004: User declined to consent.\r\nTrace ID: 1", "AADSTS65004"],
    ["invalid_client: Error(s): 700213 - AADSTS700213: No matching", "AADSTS700213"],
    ["AADSTS50011: x AADSTS65004: y", "AADSTS50011"],
    ["AADSTS", undefined],
    ["AADSTS12", undefined],
    ["", undefined],
  ])("finds in %j %s", (text, number) => {
    expect(aadstsIn(text)).toBe(number);
  });
});

describe("entraCause", () => {
  it("knows what a number is about, and says nothing of others", () => {
    expect(entraCause("AADSTS50105")).toBe("assignment");
    expect(entraCause("AADSTS1")).toBeUndefined();
    expect(entraCause(undefined)).toBeUndefined();
  });

  it.each(["AADSTS700211", "AADSTS700212", "AADSTS700213", "AADSTS70021"])(
    "counts %s among the faults of the federated credential",
    (number) => {
      expect(isFederatedCredentialCause(entraCause(number))).toBe(true);
    },
  );

  it.each(["AADSTS700016", "AADSTS1"])("does not count %s among them", (number) => {
    expect(isFederatedCredentialCause(entraCause(number))).toBe(false);
  });
});
