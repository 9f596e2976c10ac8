/** Everyone who deploys. */
export interface Deployers {
  readonly objectIds: readonly string[];
  /** Whether the settings name them; else it is whoever deploys at the time. */
  readonly named: boolean;
}

/**
 * Who owns a service principal. The provider takes it from whoever made it unless told, and then nobody without a directory role could
 * change or delete it. Without names it stays with whoever deployed first.
 */
export function ownedBy({ objectIds, named }: Deployers) {
  return { owners: [...objectIds], ...(named ? {} : { lifecycle: { ignoreChanges: ["owners"] } }) };
}
