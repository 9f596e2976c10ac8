/** The containers, as data for whoever creates them. */
export const containers = {
  /** What a person's next sign-in has to satisfy, with clients that have no registration. */
  claims: { partitionKey: "/user" },
  clients: { partitionKey: "/id" },
  /** The data keys, wrapped; written once or twice a year. */
  keys: { partitionKey: "/id" },
  /** A person's sessions lie in one partition, so that listing or revoking them stays in it. */
  sessions: { partitionKey: "/user" },
} as const;

export type ContainerName = keyof typeof containers;
