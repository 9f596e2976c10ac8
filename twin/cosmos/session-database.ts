import { CosmosClient } from "@azure/cosmos";
import { type CosmosSettings, containers } from "../../functions/authorization-server/contract.ts";
import type { LogSink } from "../component.ts";
import { type LocalCosmos, startCosmos } from "./start.ts";

const DATABASE = "gateway";

/** A Cosmos DB with the authorization server's containers, empty, and the way there. */
export interface SessionDatabase {
  readonly cosmos: LocalCosmos;
  readonly access: Pick<CosmosSettings, "endpoint" | "database" | "endpointDiscovery"> & {
    readonly key: string;
  };
}

/** Starts Cosmos DB with the database as it is provisioned in Azure. Making it counts as no operation. */
export async function startSessionDatabase(log: LogSink): Promise<SessionDatabase> {
  const cosmos = await startCosmos({ log });
  const client = new CosmosClient({
    endpoint: cosmos.url,
    key: cosmos.key,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const { database } = await client.databases.create({ id: DATABASE });
  for (const [id, { partitionKey }] of Object.entries(containers)) {
    await database.containers.create({ id, partitionKey, defaultTtl: -1 });
  }
  client.dispose();
  cosmos.resetOperations();
  return {
    cosmos,
    access: { endpoint: cosmos.url, database: DATABASE, key: cosmos.key, endpointDiscovery: false },
  };
}
