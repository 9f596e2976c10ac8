import { cosmosStore } from "../../functions/authorization-server/store/cosmos.ts";
import type { Store } from "../../functions/authorization-server/store/store.ts";
import { makeCircuit } from "../../functions/authorization-server/testing/circuit.ts";
import { startSessionDatabase } from "../../twin/cosmos/session-database.ts";
import type { LocalCosmos } from "../../twin/cosmos/start.ts";

/** A Cosmos DB of its own, with the containers as they are provisioned. */
export interface TestDatabase {
  readonly cosmos: LocalCosmos;
  /** A store over it, as every instance of the app has one. */
  store(): Store;
}

export async function startDatabase(): Promise<TestDatabase> {
  const { cosmos, access } = await startSessionDatabase(() => undefined);
  return {
    cosmos,
    store: () => cosmosStore({ ...access, managedIdentityClientId: "", circuit: makeCircuit() }),
  };
}
