import { raise } from "../exceptions.ts";
import { JArray, JObject, JProperty, type JToken } from "./json-values.ts";

type Step = { readonly name: string } | { readonly index: number } | { readonly all: true };

/**
 * The tokens that a JSON path selects, for paths of names, indexes and `*`: `a.b[0].c`, `$.a['b']`, `a[*]`.
 *
 * @throws Thrown JsonException for other paths
 */
export function selectTokens(root: JToken, path: string): JToken[] {
  let tokens: JToken[] = [root];
  for (const step of parsePath(path)) tokens = tokens.flatMap((token) => follow(token, step));
  return tokens;
}

function follow(token: JToken, step: Step): JToken[] {
  if ("all" in step) {
    return [...token.children()].map((child) => (child instanceof JProperty ? child.value : child));
  }
  const found =
    "name" in step
      ? token instanceof JObject
        ? token.get(step.name)
        : undefined
      : token instanceof JArray
        ? token.items[step.index]
        : undefined;
  return found ? [found] : [];
}

function parsePath(path: string): Step[] {
  const steps: Step[] = [];
  const pattern = /(?:^|\.)(?:([A-Za-z_][\w-]*)|(\*))|\[(?:(\d+)|(\*)|'([^']*)'|"([^"]*)")\]/y;
  let at = 0;
  if (path.startsWith("$")) at = 1;
  while (at < path.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(path);
    if (!match || match[0] === "") return raise("JsonException", `JSON path is not supported: ${path}`);
    const [, name, allNames, index, allItems, single, double] = match;
    const text = name ?? single ?? double;
    if (text !== undefined) steps.push({ name: text });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else if (allNames ?? allItems) steps.push({ all: true });
    at = pattern.lastIndex;
  }
  return steps;
}
