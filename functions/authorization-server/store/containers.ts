/** The containers, as data for whoever creates them. What is not read by its ID has to be indexed, and nothing else is. */
export const containers = {
  /** What a person's next sign-in has to satisfy, with clients that have no registration. */
  claims: { partitionKey: "/user", indexed: [] },
  clients: { partitionKey: "/id", indexed: [] },
  /** The data keys, wrapped; written once or twice a year. */
  keys: { partitionKey: "/id", indexed: [] },
  /**
   * A person's sessions lie in one partition, so that listing or revoking them stays in it. Cosmos DB indexes a partition
   * key only where the policy says so; without, a query would read everybody's sessions that lie beside.
   */
  sessions: { partitionKey: "/user", indexed: ["/user/?"] },
} as const;

export type ContainerName = keyof typeof containers;
