/**
 * For what others name. Left to itself, Terraform deletes what a release leaves out before it changes what named it, and API
 * Management and Entra refuse to delete what is still named, each time. With this it deletes last. It goes by the state, so it has to
 * be there a release before the one that leaves something out. CONTRIBUTING.md says what follows from it.
 */
export const REMOVED_LAST = { createBeforeDestroy: true } as const;
