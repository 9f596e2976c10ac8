import { readFile } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type {
  ApiDescription,
  GatewayDescription,
  OperationDescription,
  PolicySource,
} from "./description.ts";
import { checkNamedValues } from "./document/named-values.ts";
import type { ElementNode } from "./document/nodes.ts";
import { SourceFile } from "./document/position.ts";
import { readPolicyDocument } from "./document/reader.ts";
import { PolicyError } from "./errors.ts";
import { loadCSharpParser } from "./expressions/syntax/parser.ts";
import { type Masking, masking } from "./masking.ts";
import { type Scope, SECTIONS, type Section, type SectionSteps, type Step } from "./pipeline/step.ts";
import { checkAttributes } from "./policies/checks.ts";
import { type PolicyLibrary, SectionCompiler } from "./policies/compiler.ts";
import { policyElements } from "./policies/table.ts";

export interface CompiledOperation {
  readonly api: ApiDescription;
  readonly operation: OperationDescription;
  readonly sections: SectionSteps;
}

/** Every operation of a gateway with its policies, ready to run. */
export interface CompiledPolicies {
  readonly operations: readonly CompiledOperation[];
}

/** What a policy that names no global scope inherits: API Management's default. */
const GLOBAL_POLICY = `<policies>
  <inbound />
  <backend>
    <forward-request />
  </backend>
  <outbound />
  <on-error />
</policies>`;

/** What the messages name as the place of a named value or operation. */
const DESCRIPTION = "the gateway's description";

/**
 * Reads and compiles every policy of a gateway: documents, fragments, named values and expressions.
 *
 * @param folder path of `policies/`, to which the description's file names are relative
 * @throws PolicyError at the first thing that is wrong
 */
export async function loadPolicies(
  description: GatewayDescription,
  folder: string,
): Promise<CompiledPolicies> {
  try {
    return await compileAll(description, folder);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new PolicyError(error, maskingOf(description)(error.problem));
  }
}

/** @returns what hides the description's secrets in a text */
export function maskingOf({ namedValues }: GatewayDescription): Masking {
  return masking(namedValues.filter(({ secret }) => secret).map(({ value }) => value));
}

async function compileAll(description: GatewayDescription, folder: string): Promise<CompiledPolicies> {
  const namedValues = checkNamedValues(description.namedValues, DESCRIPTION);
  const parser = await loadCSharpParser();
  const read = async (policy: PolicySource) =>
    readPolicyDocument(
      typeof policy === "string" ? await readFileIn(folder, policy) : new SourceFile(policy.name, policy.xml),
      namedValues,
    );
  const fragments = new Map<string, ElementNode>();
  for (const { id, policy } of description.fragments) {
    if (fragments.has(id)) throw new PolicyError(describedAt(), `the fragment "${id}" stands twice`);
    fragments.set(id, checkFragment(await read(policy)));
  }
  const library: PolicyLibrary = { parser, elements: policyElements, fragments };
  for (const [id, fragment] of fragments) checkFragmentPolicies(id, fragment, library);

  const root = readPolicyDocument(new SourceFile("the global policy", GLOBAL_POLICY), namedValues);
  const globalSteps = compileDocument(root, "global", undefined, library);
  const operations: CompiledOperation[] = [];
  for (const api of description.apis) {
    const apiSteps = compileDocument(await read(api.policy), "api", globalSteps, library);
    for (const operation of api.operations) {
      const { policy } = operation;
      const sections =
        policy === undefined ? apiSteps : compileDocument(await read(policy), "operation", apiSteps, library);
      operations.push({ api, operation, sections });
    }
  }
  return { operations };
}

function describedAt() {
  return { file: DESCRIPTION, line: 1, column: 1 };
}

async function readFileIn(folder: string, policy: string): Promise<SourceFile> {
  const root = resolve(folder);
  const path = resolve(root, policy);
  if (!path.startsWith(root + sep))
    throw new PolicyError(describedAt(), `"${policy}" is not inside the policies folder`);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new PolicyError(
      { file: policy, line: 1, column: 1 },
      `the file cannot be read: ${(cause as Error).message}`,
    );
  });
  return new SourceFile(policy, text);
}

/** Compiles a `<policies>` document; a section it leaves out is inherited. */
function compileDocument(
  document: ElementNode,
  scope: Scope,
  inherited: SectionSteps | undefined,
  library: PolicyLibrary,
): SectionSteps {
  if (document.name !== "policies")
    throw new PolicyError(document.position, "a policy document begins with <policies>");
  const seen = new Map<string, ElementNode>();
  for (const section of document.children) {
    if (!SECTIONS.includes(section.name as Section)) {
      throw new PolicyError(
        section.position,
        `<${section.name}> is not a section; there are ${SECTIONS.join(", ")}`,
      );
    }
    if (seen.has(section.name)) throw new PolicyError(section.position, `<${section.name}> stands twice`);
    seen.set(section.name, section);
  }
  refuseText(document);
  const [, second] = forwardRequests(document, library);
  if (second) {
    throw new PolicyError(
      second.position,
      "<forward-request> stands twice; API Management takes one in a policy document",
    );
  }
  const compile = (section: Section): readonly Step[] => {
    const node = seen.get(section);
    const base = inherited?.[section];
    if (!node) return base ?? [];
    refuseText(node);
    const compiler = new SectionCompiler({ library, scope, section, base });
    checkAttributes(node, {}, compiler);
    return checkBackend(node, compiler.steps(node.children));
  };
  return {
    inbound: compile("inbound"),
    backend: compile("backend"),
    outbound: compile("outbound"),
    "on-error": compile("on-error"),
  };
}

/** Every `<forward-request>` of a document, those of the fragments that it includes as well. */
function forwardRequests(node: ElementNode, library: PolicyLibrary): ElementNode[] {
  return node.children.flatMap((child) => {
    if (child.name === "forward-request") return [child];
    const id = child.name === "include-fragment" && child.attributes.get("fragment-id")?.value.excerpt.text;
    const fragment = id ? library.fragments.get(id) : undefined;
    return forwardRequests(fragment ?? child, library);
  });
}

/** API Management takes one policy at most in `<backend>`. */
function checkBackend(node: ElementNode, steps: readonly Step[]): readonly Step[] {
  const [, second] = node.name === "backend" ? node.children : [];
  if (second) throw new PolicyError(second.position, "<backend> may hold only one policy");
  return steps;
}

function refuseText(node: ElementNode): void {
  if (node.text.excerpt.text.trim() !== "") {
    throw new PolicyError(node.text.position, `text is not allowed in <${node.name}>`);
  }
}

function checkFragment(root: ElementNode): ElementNode {
  if (root.name !== "fragment") throw new PolicyError(root.position, "a fragment begins with <fragment>");
  refuseText(root);
  for (const child of root.children) {
    if (SECTIONS.includes(child.name as Section)) {
      throw new PolicyError(child.position, `a fragment has no sections: <${child.name}> is not allowed`);
    }
  }
  return root;
}

/** Compiles a fragment for a section where it fits, so that one that nobody includes is checked as well. */
function checkFragmentPolicies(id: string, fragment: ElementNode, library: PolicyLibrary): void {
  const include: ElementNode = { ...fragment, children: [includeOf(id, fragment)] };
  const problems = SECTIONS.map((section) => {
    try {
      new SectionCompiler({ library, scope: "global", section, base: undefined }).steps(include.children);
      return undefined;
    } catch (error) {
      return error;
    }
  });
  if (!problems.includes(undefined)) throw problems[0];
}

function includeOf(id: string, fragment: ElementNode): ElementNode {
  const excerpt = fragment.text.excerpt.replace(0, fragment.text.excerpt.text.length, id);
  const value = { kind: "literal" as const, excerpt, position: fragment.position };
  const attribute = { name: "fragment-id", position: fragment.position, value };
  return {
    name: "include-fragment",
    position: fragment.position,
    attributes: new Map([["fragment-id", attribute]]),
    children: [],
    text: { ...fragment.text, excerpt: fragment.text.excerpt.slice(0, 0) },
  };
}
