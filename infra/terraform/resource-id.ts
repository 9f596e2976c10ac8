/** The parts of an Azure resource ID that a data source asks for. */
export interface ResourceIdParts {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Name of the resource itself, the last segment. */
  readonly name: string;
}

/** @param id "/subscriptions/…/resourceGroups/…/providers/…/…", checked already by the settings' patterns */
export function resourceIdParts(id: string): ResourceIdParts {
  const segments = id.split("/");
  return {
    subscriptionId: segments[2] ?? "",
    resourceGroup: segments[4] ?? "",
    name: segments.at(-1) ?? "",
  };
}
