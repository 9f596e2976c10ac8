import type { EntraApplicationRegistration } from "./directory.ts";
import type { Form } from "./form.ts";
import type { Tenant } from "./tenant.ts";
import type { TokenRequest } from "./tokens.ts";

/** Reads one kind of grant; gives the user's tenant with it, and throws the EntraError that refuses it. */
export type Grant = (
  form: Form,
  client: EntraApplicationRegistration,
  tenant: Tenant,
) => Promise<Omit<TokenRequest, "client" | "clientInfo" | "capabilities"> & { readonly tenant: Tenant }>;
