import type { ClientDocument } from "../clients/client-document.ts";
import type { DocumentClients } from "../clients/metadata-document/document-clients.ts";
import type { ClientMetadata } from "../clients/registration.ts";
import { type ClientRegistry, clientRegistry } from "../clients/registry.ts";
import type { Clock } from "./clock.ts";
import { resolvedGateway } from "./gateway.ts";
import type { TestStore } from "./store.ts";

// What the tests of the registry share: clients that register, and those that publish a document.

export const DAY = 24 * 3600;
/** Seconds after which a registration that nobody uses ends. */
export const LIFETIME = 10 * DAY;
export const metadata: ClientMetadata = {
  redirect_uris: ["http://localhost:6274/callback"],
  client_name: "Inspector",
  client_uri: "https://inspector.example/",
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};

export const published: DocumentClients = {
  find: async (id) => ({
    id,
    name: "Published",
    redirectUris: [],
    grantTypes: [],
    origin: "document",
    useIsWorthNoting: false,
  }),
  authentication: async (id) => ({ method: "private_key_jwt", keys: { jwksUri: `${id}#keys` } }),
};

/** A registry whose registrations last for {@link LIFETIME}. */
export function registryOver(store: TestStore, clock: Clock): ClientRegistry {
  const gateway = resolvedGateway({ lifetimes: { registration: LIFETIME } });
  return clientRegistry(gateway, store.open(), clock.now, published);
}

/** The registration as it is stored. */
export async function stored(store: TestStore, id: string): Promise<ClientDocument> {
  const all = await store.documents();
  return all.find(({ document }) => document["id"] === id)?.document as unknown as ClientDocument;
}

/** Registers a client. */
export const register = async (registry: ClientRegistry, what: ClientMetadata) =>
  (await registry.register(what)).document;
