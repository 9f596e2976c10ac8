import type { Endpoint } from "../../platform/endpoint.ts";
import { audit } from "../audit/audit.ts";
import { validateMetadata } from "../clients/registration.ts";
import type { Dependencies } from "../dependencies.ts";
import { clientInformation } from "./registration-management.ts";
import { readJsonObject } from "./request-body.ts";
import { json } from "./responses.ts";

/** `POST /register` (RFC 7591 §3): one write. The answer says where and with what the client manages it (RFC 7592 §3). */
export function register({ clients, gateway }: Pick<Dependencies, "clients" | "gateway">): Endpoint {
  return async (request, call) => {
    const body = await readJsonObject(request, "invalid_client_metadata");
    const metadata = validateMetadata(body, gateway.redirectSchemes);
    const { document, managementToken, secret } = await clients.register(metadata);
    audit(call, "registered", { client: document.id });
    return json(clientInformation(gateway, document, managementToken, secret), { status: 201 });
  };
}
