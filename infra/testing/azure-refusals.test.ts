import { describe, expect, it } from "vitest";
import type { TerraformBlock } from "../synthesize.ts";
import { refusals, type Step } from "./azure-refusals.ts";

const POLICY = "azurerm_api_management_api_policy.p";
const FRAGMENT = "azurerm_api_management_policy_fragment.f";
const VALUE = "azurerm_api_management_named_value.v";
const SCOPE = "azuread_application_permission_scope.s";
const CLIENT = "azuread_application_pre_authorized.c";
const API = "azurerm_api_management_api";

const fragment = { name: "f", value: "<fragment>{{v}}</fragment>" };
const value = { name: "v", value: "1" };
const names = { xml_content: '<policies><include-fragment fragment-id="f" /></policies>' };
const silent = { xml_content: "<policies />" };
const api = (path: string, display_name: string) => ({ path, display_name });

/** "start delete <address>" */
function steps(...lines: readonly string[]): Step[] {
  return lines.map((line) => {
    const [at, action, address] = line.split(" ") as [Step["at"], Step["action"], string];
    return { at, action, address };
  });
}
const whole = (line: string) => [`start ${line}`, `complete ${line}`];
const contents = (blocks: Record<string, TerraformBlock>) => new Map(Object.entries(blocks));

describe("API Management and Entra, as the plays of releases have them", () => {
  const before = contents({ [POLICY]: names, [FRAGMENT]: fragment, [VALUE]: value });
  const after = contents({ [POLICY]: silent });

  it("delete what nothing names any more", () => {
    const order = [whole(`update ${POLICY}`), whole(`delete ${FRAGMENT}`), whole(`delete ${VALUE}`)].flat();
    expect(refusals(steps(...order), before, after)).toEqual([]);
  });

  it("refuse to delete a fragment or a named value that is named, also while its policy is being changed", () => {
    const early = [...whole(`delete ${FRAGMENT}`), ...whole(`update ${POLICY}`), ...whole(`delete ${VALUE}`)];
    expect(refusals(steps(...early), before, after)).toEqual([
      `${FRAGMENT} is deleted while ${POLICY} names it`,
    ]);
    const meanwhile = [`start update ${POLICY}`, ...whole(`delete ${FRAGMENT}`), `complete update ${POLICY}`];
    expect(refusals(steps(...meanwhile), before, after)).toHaveLength(1);
    expect(refusals(steps(...whole(`delete ${VALUE}`)), before, after)).toEqual([
      `${VALUE} is deleted while ${FRAGMENT} names it`,
    ]);
  });

  it("refuse a policy that names what is not there yet, or not any more", () => {
    const made = contents({ [POLICY]: names, [FRAGMENT]: fragment, [VALUE]: value });
    const order = [...whole(`create ${VALUE}`), ...whole(`create ${FRAGMENT}`), ...whole(`create ${POLICY}`)];
    expect(refusals(steps(...order), new Map(), made)).toEqual([]);
    const early = [...whole(`create ${VALUE}`), `start create ${FRAGMENT}`, ...whole(`create ${POLICY}`)];
    expect(refusals(steps(...early), new Map(), made)).toEqual([`${POLICY} names f, which is not there`]);
  });

  it("refuse a path or a display name that another API has, or may still have", () => {
    const old = contents({ [`${API}.a`]: api("a", "A"), [`${API}.b`]: api("b", "B") });
    const exchanged = contents({ [`${API}.a`]: api("b", "A"), [`${API}.b`]: api("a", "B") });
    const order = [`start update ${API}.a`, `start update ${API}.b`];
    expect(refusals(steps(...order), old, exchanged)).toEqual([
      `${API}.a takes the path "b" while ${API}.b has it`,
      `${API}.b takes the path "a" while ${API}.a has it`,
    ]);
    const renamed = contents({ [`${API}.c`]: api("c", "A") });
    expect(refusals(steps(...whole(`create ${API}.c`)), old, renamed)).toEqual([
      `${API}.c takes the display name "A" while ${API}.a has it`,
    ]);
  });

  it("refuse an operation with the method and URL of another", () => {
    const operation = { api_name: "oauth", method: "GET", url_template: "/x" };
    const type = "azurerm_api_management_api_operation";
    const both = contents({ [`${type}.a`]: operation, [`${type}.b`]: operation });
    expect(
      refusals(steps(...whole(`create ${type}.a`), ...whole(`create ${type}.b`)), new Map(), both),
    ).toEqual([`${type}.b takes GET /x of oauth while ${type}.a has it`]);
  });

  it("refuse to delete a scope that a client is given, and lose one of two entries written at the same time", () => {
    const given = contents({
      [SCOPE]: { application_id: "1", scope_id: "s" },
      [CLIENT]: { application_id: "1", permission_ids: ["s"] },
      [`${CLIENT}2`]: { application_id: "1", permission_ids: [] },
    });
    const less = contents({
      [CLIENT]: { application_id: "1", permission_ids: [] },
      [`${CLIENT}2`]: { application_id: "1", permission_ids: [] },
    });
    expect(refusals(steps(...whole(`delete ${SCOPE}`)), given, less)).toEqual([
      `${SCOPE} is deleted while ${CLIENT} names it`,
    ]);
    expect(refusals(steps(...whole(`update ${CLIENT}`), ...whole(`delete ${SCOPE}`)), given, less)).toEqual(
      [],
    );
    expect(refusals(steps(`start update ${CLIENT}`, `start update ${CLIENT}2`), given, less)).toEqual([
      `${CLIENT}2 is written while ${CLIENT} is`,
    ]);
  });
});
