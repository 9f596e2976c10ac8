import type { FragmentDescription } from "./description.ts";

/** The named value that holds the tenant of the deployment, which Terraform knows only when it provisions. */
const HOME_TENANT = "{{entra-tenant-id}}";

/**
 * Writes the fragment `entra-token`, which validates the token in `presented-token` as one of Entra's: its signature, its lifetime,
 * and that a tenant issued it whose people may sign in. It gives `entra-token-claims`, or nothing for a token of another tenant. A
 * tenant's tokens are validated with the keys of that tenant only, so the fragment has an element for each tenant;
 * `openid-config` takes no expression.
 *
 * @param furtherTenants in addition to the tenant of the deployment
 */
export function entraTokenFragment(furtherTenants: readonly string[]): FragmentDescription {
  const xml = `<fragment>
  <choose>
${[HOME_TENANT, ...furtherTenants].map(validation).join("\n")}
  </choose>
</fragment>
`;
  return { id: "entra-token", policy: { name: "fragments/entra-token.xml", xml } };
}

/** The unverified issuer chooses only whose keys and which two issuers count. */
function validation(tenantId: string): string {
  const v2 = `{{entra-authority-host}}/${tenantId}/v2.0`;
  return `    <when condition="@(((string)context.Variables["presented-issuer"]).Contains("/${tenantId}/"))">
      <validate-jwt token-value="@((string)context.Variables["presented-token"])" output-token-variable-name="entra-token-claims">
        <openid-config url="${v2}/.well-known/openid-configuration" validate-connectivity="false" />
        <issuers><issuer>{{entra-issuer-v1-host}}/${tenantId}/</issuer><issuer>${v2}</issuer></issuers>
      </validate-jwt>
    </when>`;
}
