import type { ResolvedGateway } from "../../config/resolve.ts";
import type { DocumentSource } from "./clients/metadata-document/document-source.ts";
import type { ClientRegistry } from "./clients/registry.ts";
import type { KeyRing } from "./keys/key-ring.ts";
import type { Authenticate } from "./oauth/client-authentication/authenticate.ts";
import type { Circuit } from "./resilience/circuit.ts";
import type { SessionContext } from "./sessions/session-context.ts";
import type { PageSignIn } from "./upstream/page-sign-in.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** What the endpoints are made of. */
export interface Dependencies {
  readonly gateway: ResolvedGateway;
  readonly clients: ClientRegistry;
  readonly documents: DocumentSource;
  readonly authenticate: Authenticate;
  readonly sessions: SessionContext;
  readonly keys: KeyRing;
  readonly upstream: Upstream;
  readonly pageSignIn: PageSignIn;
  /** IDs of the tenants whose people may sign in, the home tenant first. */
  readonly tenants: readonly string[];
  /** Those before the parts that requests wait for. */
  readonly circuits: readonly Circuit[];
  /** Seconds since 1970. */
  now(): number;
}
