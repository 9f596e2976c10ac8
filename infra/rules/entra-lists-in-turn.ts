import { type Resource, type Rule, resources, strings } from "./rule.ts";

/** Each type is one list of an Entra application. The provider reads it and writes it back whole. */
const LISTS = [
  "azuread_application_api_access",
  "azuread_application_app_role",
  "azuread_application_permission_scope",
  "azuread_application_pre_authorized",
];

/** Entries of one list wait for each other, because one of two concurrent writes may be lost. */
export const entraListsInTurn: Rule = {
  name: "OPS-1 each list of an Entra application written one entry after the other",
  check: ({ document }) => {
    const all = resources(document);
    return LISTS.flatMap((type) => resources(document, type)).flatMap((one, index, entries) =>
      entries
        .slice(index + 1)
        .filter(
          ({ type, block }) => type === one.type && block["application_id"] === one.block["application_id"],
        )
        .filter((other) => !waits(all, one, other) && !waits(all, other, one))
        .map((other) => `${one.address} and ${other.address} are written at the same time`),
    );
  },
};

function waits(all: readonly Resource[], one: Resource, other: Resource): boolean {
  const seen = new Set<string>();
  const reaches = ({ address, block }: Resource): boolean => {
    if (seen.has(address)) return false;
    seen.add(address);
    const texts = strings(block);
    return all
      .filter(({ address: needed }) => texts.some((text) => text === needed || text.includes(`{${needed}.`)))
      .some((needed) => needed.address === other.address || reaches(needed));
  };
  return reaches(one);
}
