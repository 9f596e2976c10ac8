/** The containers, as data for whoever creates them. */
export const containers = {
  clients: { partitionKey: "/id" },
  /** A person's sessions lie in one partition, so that listing or revoking them stays in it. */
  sessions: { partitionKey: "/user" },
} as const;

export type ContainerName = keyof typeof containers;
