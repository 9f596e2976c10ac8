import type { Endpoint } from "../../platform/endpoint.ts";
import { validateMetadata } from "../clients/registration.ts";
import type { Dependencies } from "./dependencies.ts";
import { answeringClients } from "./failures.ts";
import { readJsonObject } from "./request-body.ts";
import { json } from "./responses.ts";

/** `POST /register` (RFC 7591 §3): one write. Every client is a public one, so there is no secret to hand out. */
export function register({ clients }: Pick<Dependencies, "clients">): Endpoint {
  return answeringClients("register", async (request, call) => {
    const metadata = validateMetadata(await readJsonObject(request, "invalid_client_metadata"));
    const { id, createdAt } = await clients.register(metadata);
    call.log("info", "registered", { client: id });
    return json({ client_id: id, client_id_issued_at: createdAt, ...metadata }, { status: 201 });
  });
}
