import type { Cloud } from "../../config/clouds.ts";

/** Where a deployment's resources go and what they are called; every construct takes it. */
export interface Place {
  readonly resourceGroupName: string;
  readonly resourceGroupId: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly tenantId: string;
  readonly cloud: Cloud;
  /**
   * @param kind short name of the resource's kind, 2 to 8 letters
   * @returns "<prefix>-<kind>-<suffix>", at most 26 characters of a-z, 0-9 and -, unique in Azure
   */
  readonly name: (kind: string) => string;
  /** The same without dashes, where Azure allows none. */
  readonly plainName: (kind: string) => string;
}

/** A user-assigned identity, made by the stack or there already. */
export interface Identity {
  readonly id: string;
  readonly clientId: string;
  /** Object ID; the subject of its tokens. */
  readonly principalId: string;
}
