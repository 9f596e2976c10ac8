import { clouds } from "../../config/clouds.ts";
import type { DemoUser } from "../entra/directory.ts";
import { GraphError } from "./graph-error.ts";

const CONTEXT = `${clouds.public.graph}/v1.0/$metadata#users`;

/**
 * The user resource as `GET /me` gives it.
 *
 * @param select the `$select` query option: property names, separated by commas; null for Graph's default set
 * @throws GraphError BadRequest for a property that a user has not
 */
export function me(user: DemoUser, select: string | null): Record<string, unknown> {
  const properties: Readonly<Record<string, unknown>> = {
    businessPhones: user.businessPhones,
    displayName: user.displayName,
    givenName: user.givenName,
    jobTitle: user.jobTitle,
    mail: user.mail,
    mobilePhone: user.mobilePhone,
    officeLocation: user.officeLocation,
    preferredLanguage: user.preferredLanguage,
    surname: user.surname,
    userPrincipalName: user.userPrincipalName,
    id: user.oid,
  };
  if (select === null) return { "@odata.context": `${CONTEXT}/$entity`, ...properties };

  const names = select.split(",").map((name) => name.trim());
  const selected = names.map((name) => {
    if (!Object.hasOwn(properties, name)) {
      throw new GraphError(
        400,
        "BadRequest",
        `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.user'.`,
      );
    }
    return [name, properties[name]] as const;
  });
  return { "@odata.context": `${CONTEXT}(${names.join(",")})/$entity`, ...Object.fromEntries(selected) };
}
