/** The containers, as data. A member is indexed only if documents are found by it instead of by their ID. */
export const containers = {
  /** What a person's next sign-in has to satisfy, with clients that have no registration. */
  claims: { partitionKey: "/user", indexed: [] },
  clients: { partitionKey: "/id", indexed: [] },
  /** The data keys, wrapped; written once or twice a year. */
  keys: { partitionKey: "/id", indexed: [] },
  /**
   * A person's sessions are in one partition, so that listing or revoking them stays in it. Cosmos DB indexes a partition key only where
   * the policy says so. Without the index, a query would also read other people's sessions in the same physical partition.
   */
  sessions: { partitionKey: "/user", indexed: ["/user/?"] },
} as const;

export type ContainerName = keyof typeof containers;
