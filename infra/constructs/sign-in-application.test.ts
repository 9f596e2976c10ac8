import { describe, expect, it } from "vitest";
import { at, resources } from "../rules/rule.ts";
import type { TerraformBlock, TerraformDocument } from "../synthesize.ts";
import { subject, WITHOUT_ENTRA } from "../testing/subject.ts";

const ENVIRONMENT = { GATEWAY_SAMPLE_SERVER: "false", GATEWAY_ADMIN_CONSENT: "true" };

const { document } = subject(ENVIRONMENT, WITHOUT_ENTRA);

function named(type: string, name: string, from: TerraformDocument = document): TerraformBlock {
  return resources(from, type).find(({ address }) => address === `${type}.${name}`)?.block ?? {};
}

describe("GW-15 the sign-in application of servers that know nothing of Entra", () => {
  it("has the roles that they and their rules name, each once, beside those that it has anyway", () => {
    const roles = resources(document, "azuread_application_app_role").map(({ block }) => block);
    expect(roles.map(({ value }) => value)).toEqual([
      "Gateway.Call",
      "Gateway.Operator",
      "Files.Reader",
      "Files.Admin",
    ]);
    for (const { application_id, allowed_member_types, value } of roles) {
      expect(application_id).toBe("${azuread_application_registration.sign_in_application.id}");
      expect(allowed_member_types).toEqual([value === "Gateway.Call" ? "Application" : "User"]);
    }
    expect(new Set(roles.map((role) => role["role_id"])).size).toBe(4);
  });

  it("names the groups that are assigned to it in its tokens", () => {
    const registration = named("azuread_application_registration", "sign_in_application");
    expect(registration["group_membership_claims"]).toEqual(["ApplicationGroup"]);
  });

  it("has the person's address in its id tokens, with the permission and the consent for it", () => {
    const claims = named("azuread_application_optional_claims", "sign_in_optional_claims");
    expect(at(claims, "id_token")).toEqual([{ name: "auth_time" }, { name: "email" }]);
    const access = named("azuread_application_api_access", "sign_in_graph_access");
    expect(access["scope_ids"]).toContain("64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0");
    const consent = named(
      "azuread_service_principal_delegated_permission_grant",
      "admin_consent_sign_in_graph",
    );
    expect(consent["claim_values"]).toEqual(["openid", "profile", "offline_access", "email"]);
  });

  it("has none of that where every server gets Entra tokens", () => {
    const shipped = subject({ GATEWAY_ADMIN_CONSENT: "true" }).document;
    const text = JSON.stringify([
      named("azuread_application_registration", "sign_in_application", shipped),
      named("azuread_application_optional_claims", "sign_in_optional_claims", shipped),
      named("azuread_service_principal_delegated_permission_grant", "admin_consent_sign_in_graph", shipped),
    ]);
    expect(text).not.toContain("email");
    expect(text).not.toContain("ApplicationGroup");
  });

  it("keeps no secret, and tells the policy of a server that gets nothing", () => {
    const policies = resources(document, "azurerm_api_management_api_operation_policy").map(({ block }) =>
      String(block["xml_content"]),
    );
    const none = policies.filter((xml) => xml.includes('name="identity" value="none"'));
    expect(none).toHaveLength(4);
  });
});
