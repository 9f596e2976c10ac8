import { posix } from "node:path";

/** TypeScript files by their path in the repository. */
export type Sources = ReadonlyMap<string, string>;

/** One import or re-export of another file or package. */
interface Import {
  readonly from: string;
  /** A path in the repository, or a package's name. */
  readonly to: string;
  /** Names that the importing file takes; "*" for all. */
  readonly names: readonly string[];
}

/** An import declaration, `export … from`, or a dynamic import of a literal. */
const DECLARATION =
  /^(?:import|export)\s+(?:type\s+)?([\w$*{},\s]*?)\s*from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"|\b(?:mock|importActual|importOriginal)(?:<[^>]*>)?\(\s*"([^"]+)"/gm;

export function importsOf(sources: Sources): readonly Import[] {
  return [...sources].flatMap(([from, text]) =>
    [...text.matchAll(DECLARATION)].map(([, clause, path, ...others]) => {
      const specifier = path ?? others.find((each) => each !== undefined) ?? "";
      const to = specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : specifier;
      return { from, to, names: clause === undefined ? ["*"] : namesIn(clause) };
    }),
  );
}

/** `a, { type b, c as d }` gives default, b and c. */
function namesIn(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause)?.[1];
  const listed = (braces ?? "").split(",").map((each) => each.trim().replace(/^type\s+/, ""));
  const outside = clause
    .replace(/\{[^}]*\}/, "")
    .replaceAll(",", "")
    .trim();
  const others = outside === "" ? [] : [outside.startsWith("*") ? "*" : "default"];
  return [...listed.map((each) => each.split(/\s+as\s+/)[0] ?? "").filter(Boolean), ...others];
}

/** @returns groups of files that import each other, types included */
export function cyclesIn(sources: Sources): string[][] {
  const edges = new Map<string, string[]>([...sources.keys()].map((path) => [path, []]));
  for (const { from, to } of importsOf(sources)) if (sources.has(to)) edges.get(from)?.push(to);
  const reaches = (start: string): Set<string> => {
    const seen = new Set<string>();
    const open = [...(edges.get(start) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(edges.get(next) ?? []));
    }
    return seen;
  };
  const reached = new Map([...sources.keys()].map((path) => [path, reaches(path)]));
  const cycles = new Map<string, string[]>();
  for (const [path, targets] of reached) {
    if (!targets.has(path)) continue;
    const group = [...targets].filter((each) => reached.get(each)?.has(path)).sort();
    cycles.set(group.join(), group);
  }
  return [...cycles.values()];
}

/** What the files of a room may import of other rooms: folders, or single files. */
export type Layers = Readonly<Record<string, readonly string[]>>;

/**
 * @param layers every room by its folder; a file belongs to the longest that fits
 * @param isTestCode files that may import anything
 * @returns "<file> imports <file>" for every import that a room does not allow
 */
export function wrongImports(
  sources: Sources,
  layers: Layers,
  isTestCode: (path: string) => boolean,
): string[] {
  return importsOf(sources)
    .filter(({ from, to }) => sources.has(to) && !isTestCode(from))
    .filter(({ from, to }) => {
      const room = roomOf(from, layers);
      if (room === undefined) return true;
      return !isIn(to, room) && !(layers[room] ?? []).some((each) => isIn(to, each));
    })
    .map(({ from, to }) => `${from} imports ${to}`);
}

function roomOf(path: string, layers: Layers): string | undefined {
  return Object.keys(layers)
    .filter((room) => isIn(path, room))
    .sort((a, b) => b.length - a.length)[0];
}

function isIn(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

const EXPORT =
  /^export\s+(?:declare\s+)?(?:async\s+)?(?:abstract\s+)?(const|let|function\*?|class|interface|type|enum)\s+([\w$]+)/gm;

/**
 * A type may be exported for the signature that names it, so it is unused only where its own file does not use it either.
 *
 * @returns "<file>: <name>" for every value that no other file imports, and every type that nothing uses
 */
export function unusedExports(sources: Sources): string[] {
  const imported = new Set(
    importsOf(sources).flatMap(({ to, names }) => names.map((name) => `${to}: ${name}`)),
  );
  return [...sources].flatMap(([path, text]) => {
    if (imported.has(`${path}: *`)) return [];
    return [...text.matchAll(EXPORT)]
      .filter(
        ([, kind = "", name = ""]) =>
          !imported.has(`${path}: ${name}`) && !(isType(kind) && isNamedTwice(text, name)),
      )
      .map(([, , name]) => `${path}: ${name}`);
  });
}

function isType(kind: string): boolean {
  return kind === "interface" || kind === "type";
}

function isNamedTwice(text: string, name: string): boolean {
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, "g"))].length > 1;
}
