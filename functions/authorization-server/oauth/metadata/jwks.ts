import type { Endpoint } from "../../../platform/endpoint.ts";
import type { Dependencies } from "../../dependencies.ts";
import { publicDocument } from "../responses.ts";
import { DOCUMENT_MAX_AGE_SECONDS } from "./authorization-server.ts";

/** `GET /jwks` (RFC 7517 §5): the public halves of our signing keys. */
export function jwks({ keys }: Pick<Dependencies, "keys">): Endpoint {
  return async () => publicDocument(await keys.publicKeys(), DOCUMENT_MAX_AGE_SECONDS);
}
