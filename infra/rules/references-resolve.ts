import { dataSources, type Rule, resources, strings } from "./rule.ts";

const REFERENCE = /\b(data\.)?((?:azurerm|azuread)_\w+)\.([\w-]+)(?:\.(\w+))?/g;

/** Every reference names something in the stack, and nothing waits for itself. */
export const referencesResolve: Rule = {
  name: "references resolve, without a cycle",
  check: ({ document }) => {
    const all = [...resources(document), ...dataSources(document)];
    const known = new Set(all.map(({ address }) => address));
    const needs = new Map(all.map(({ address, block }) => [address, references(block)]));
    const locals = document.locals ?? {};
    const variables = document.variable ?? {};
    const texts = [
      ...strings(document.resource),
      ...strings(document.data),
      ...strings(document.output),
      ...strings(locals),
    ];
    const missing = texts.flatMap((text) => [
      ...[...text.matchAll(/\blocal\.(\w+)/g)].filter(
        ([, name = ""]) => text.includes("${") && !(name in locals),
      ),
      ...[...text.matchAll(/\bvar\.(\w+)/g)].filter(
        ([, name = ""]) => text.includes("${") && !(name in variables),
      ),
    ]);
    return [
      ...[...needs].flatMap(([address, others]) =>
        others
          .filter((other) => !known.has(other))
          .map((other) => `${address} refers to ${other}, which is not there`),
      ),
      ...missing.map(([text]) => `${text} is not there`),
      ...cycles(needs),
    ];
  },
};

function references(block: unknown): string[] {
  const texts = strings(block).filter(
    (text) => text.includes("${") || /^(data\.)?(azurerm|azuread)_/.test(text),
  );
  return [
    ...new Set(
      texts.flatMap((text) =>
        [...text.matchAll(REFERENCE)].map(([, data = "", type, name]) => `${data}${type}.${name}`),
      ),
    ),
  ];
}

function cycles(needs: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (address: string, path: readonly string[]) => {
    if (path.includes(address)) {
      found.push(`${[...path.slice(path.indexOf(address)), address].join(" → ")} is a cycle`);
      return;
    }
    if (done.has(address)) return;
    for (const other of needs.get(address) ?? []) visit(other, [...path, address]);
    done.add(address);
  };
  for (const address of needs.keys()) visit(address, []);
  return found;
}
