/**
 * For resources that other resources name in their text or lists. By default Terraform deletes a
 * removed resource before it changes what named it. API Management and Entra refuse to delete what is
 * still named, so every provisioning fails. With this rule Terraform deletes the resource last. It
 * reads the rule from the state, so a release before the removal must have set it. CONTRIBUTING.md
 * lists the consequences.
 */
export const REMOVED_LAST = { createBeforeDestroy: true } as const;
