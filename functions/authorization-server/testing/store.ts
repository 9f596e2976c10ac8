import { startSessionDatabase } from "../../../twin/cosmos/session-database.ts";
import type { StoredDocument } from "../../../twin/cosmos/stored-documents.ts";
import type { SessionDocument } from "../sessions/session-document.ts";
import { cosmosStore } from "../store/cosmos.ts";
import { type Stored, StoreError } from "../store/documents.ts";
import type { SessionDocuments, Store } from "../store/store.ts";
import { makeCircuit } from "./circuit.ts";

export interface TestStore {
  /** The store as one more instance of the app opens it. */
  open(): Store;
  /** What is stored, as it lies there. */
  documents(): Promise<readonly StoredDocument[]>;
  /** Point operations since the last call, by `<container> <kind>`. */
  operations(): Record<string, number>;
  stop(): Promise<void>;
}

/** Cosmos DB with the containers of the authorization server, empty. */
export async function startStore(): Promise<TestStore> {
  const { cosmos, access } = await startSessionDatabase(() => undefined);
  return {
    open: () => cosmosStore({ ...access, managedIdentityClientId: "none", circuit: makeCircuit() }),
    documents: () => cosmos.documents(),
    operations: () => {
      const { metadata: _, ...operations } = cosmos.operations();
      cosmos.resetOperations();
      return operations;
    },
    stop: () => cosmos.stop(),
  };
}

/**
 * Sessions in which another writer comes between: `meddle` runs once, after the next read that finds something and
 * before its reader can write. And whose next write, once, does not answer: `lose` says whether it is made all the same. With
 * `loseReadBack`, the read after it does not answer either.
 */
export class MeddledSessions implements SessionDocuments {
  meddle: ((read: Stored<SessionDocument>) => Promise<unknown>) | undefined;
  lose: "the answer" | "the write" | undefined;
  loseReadBack = false;
  #lost = false;
  readonly #documents: SessionDocuments;

  constructor(documents: SessionDocuments) {
    this.#documents = documents;
  }

  create(document: SessionDocument): Promise<Stored<SessionDocument>> {
    return this.#documents.create(document);
  }

  async read(id: string, partition: string): Promise<Stored<SessionDocument> | undefined> {
    const isReadBack = this.#lost;
    this.#lost = false;
    if (isReadBack && this.loseReadBack) throw new StoreError("unavailable", { cause: new Error("timeout") });
    const stored = await this.#documents.read(id, partition);
    const { meddle } = this;
    if (stored && meddle) {
      this.meddle = undefined;
      await meddle(stored);
    }
    return stored;
  }

  async replace(document: SessionDocument, etag: string): Promise<Stored<SessionDocument> | undefined> {
    const { lose } = this;
    this.lose = undefined;
    const written = lose === "the write" ? undefined : await this.#documents.replace(document, etag);
    this.#lost = lose !== undefined;
    if (lose) throw new StoreError("unavailable", { cause: new Error("timeout") });
    return written;
  }

  listLive(...asked: Parameters<SessionDocuments["listLive"]>) {
    return this.#documents.listLive(...asked);
  }
}
