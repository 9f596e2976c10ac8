import type { ElementNode } from "../document/nodes.ts";
import type { Position } from "../document/position.ts";
import { PolicyError } from "../errors.ts";
import type { CSharpParser } from "../expressions/syntax/parser.ts";
import type { Scope, Section, Step } from "../pipeline/step.ts";
import type { PolicyElement } from "./element.ts";

/** What all documents of one gateway share while they are compiled. */
export interface PolicyLibrary {
  readonly parser: CSharpParser;
  readonly elements: ReadonlyMap<string, PolicyElement>;
  readonly fragments: ReadonlyMap<string, ElementNode>;
}

/** Compiles the policies of one section of one document. */
export class PolicyCompiler {
  readonly library: PolicyLibrary;
  readonly scope: Scope;
  readonly section: Section;
  /** What `<base/>` stands for; undefined where there is none. */
  readonly #base: readonly Step[] | undefined;
  readonly #path: string;
  readonly #fragment: string | undefined;
  /** Whether `<base/>` may stand here: directly in a section. */
  readonly #isTop: boolean;

  constructor(parts: {
    readonly library: PolicyLibrary;
    readonly scope: Scope;
    readonly section: Section;
    readonly base: readonly Step[] | undefined;
    readonly path?: string;
    readonly fragment?: string | undefined;
    readonly isTop?: boolean;
  }) {
    this.library = parts.library;
    this.scope = parts.scope;
    this.section = parts.section;
    this.#base = parts.base;
    this.#path = parts.path ?? "";
    this.#fragment = parts.fragment;
    this.#isTop = parts.isTop ?? true;
  }

  /** The messages that set-header and set-body change in this section. */
  get changesResponse(): boolean {
    return this.section === "outbound" || this.section === "on-error";
  }

  fail(position: Position, problem: string): never {
    throw new PolicyError(position, problem);
  }

  /** Compiles the policies inside an element, `parent` being its name in the path. */
  within(path: string, nodes: readonly ElementNode[]): Step[] {
    const inner = new PolicyCompiler({
      library: this.library,
      scope: this.scope,
      section: this.section,
      base: this.#base,
      path: this.#path === "" ? path : `${this.#path}/${path}`,
      fragment: this.#fragment,
      isTop: false,
    });
    return inner.steps(nodes);
  }

  /** Compiles policies in their order. */
  steps(nodes: readonly ElementNode[]): Step[] {
    return nodes.flatMap((node) => {
      if (node.name === "base") return this.#inherited(node);
      if (node.name === "include-fragment") return this.#included(node);
      return [this.#step(node, numberedName(node, nodes))];
    });
  }

  #inherited(node: ElementNode): readonly Step[] {
    if (this.#fragment !== undefined) this.fail(node.position, "<base/> is not allowed in a fragment");
    if (!this.#isTop) this.fail(node.position, "<base/> has to stand directly in a section");
    checkAttributes(node, {}, this);
    if (node.children.length > 0) this.fail(node.position, "<base/> has no content");
    return this.#base ?? this.fail(node.position, "<base/> is not allowed at global scope");
  }

  #included(node: ElementNode): Step[] {
    if (this.#fragment !== undefined) this.fail(node.position, "a fragment cannot include another one");
    checkAttributes(node, { "fragment-id": true }, this);
    const attribute = node.attributes.get("fragment-id");
    const id = attribute?.value.excerpt.text ?? "";
    if (attribute && attribute.value.kind !== "literal")
      this.fail(attribute.position, "fragment-id cannot be an expression");
    const fragment = this.library.fragments.get(id);
    if (!fragment)
      return this.fail(attribute?.position ?? node.position, `the fragment "${id}" is not defined`);
    const inner = new PolicyCompiler({
      library: this.library,
      scope: this.scope,
      section: this.section,
      base: undefined,
      path: this.#path,
      fragment: id,
      isTop: this.#isTop,
    });
    return inner.steps(fragment.children);
  }

  #step(node: ElementNode, name: string): Step {
    const element = this.library.elements.get(node.name);
    if (!element)
      return this.fail(node.position, `the policy <${node.name}> is not supported by this gateway`);
    if (!element.sections.includes(this.section)) {
      this.fail(
        node.position,
        `<${node.name}> is not allowed in <${this.section}>, only in ${element.sections.join(", ")}`,
      );
    }
    checkAttributes(node, element.attributes, this);
    checkChildren(node, element.children, this);
    const compiler = this.#at(name);
    const { run, cors } = element.compile(node, compiler);
    return {
      name: node.name,
      position: node.position,
      scope: this.scope,
      section: this.section,
      path: this.#path === "" ? name : `${this.#path}/${name}`,
      id: node.attributes.get("id")?.value.excerpt.text ?? null,
      ...(cors ? { cors } : {}),
      run: async (exchange) => (await run(exchange)) ?? "next",
    };
  }

  /** The compiler for what stands inside an element. */
  #at(name: string): PolicyCompiler {
    return new PolicyCompiler({
      library: this.library,
      scope: this.scope,
      section: this.section,
      base: this.#base,
      path: this.#path === "" ? name : `${this.#path}/${name}`,
      fragment: this.#fragment,
      isTop: false,
    });
  }
}

/** An element's name, with its number where several of that name stand together. */
export function numberedName(node: ElementNode, siblings: readonly ElementNode[]): string {
  const same = siblings.filter((sibling) => sibling.name === node.name);
  return same.length > 1 ? `${node.name}[${same.indexOf(node) + 1}]` : node.name;
}

/** @throws PolicyError for an unknown attribute, or when a required one is missing */
export function checkAttributes(
  node: ElementNode,
  allowed: Readonly<Record<string, boolean>>,
  compiler: PolicyCompiler,
): void {
  for (const attribute of node.attributes.values()) {
    if (attribute.name !== "id" && !Object.hasOwn(allowed, attribute.name)) {
      compiler.fail(
        attribute.position,
        `<${node.name}> has no attribute "${attribute.name}" that this gateway supports`,
      );
    }
  }
  for (const [name, required] of Object.entries(allowed)) {
    if (required && !node.attributes.has(name))
      compiler.fail(node.position, `<${node.name}> needs the attribute "${name}"`);
  }
}

/** @throws PolicyError for a child element that has no place there */
export function checkChildren(
  node: ElementNode,
  allowed: readonly string[] | "policies",
  compiler: PolicyCompiler,
): void {
  if (allowed === "policies") {
    checkNoText(node, compiler);
    return;
  }
  for (const child of node.children) {
    if (!allowed.includes(child.name)) {
      compiler.fail(child.position, `<${child.name}> is not allowed in <${node.name}>`);
    }
  }
  if (node.children.length > 0) checkNoText(node, compiler);
}

function checkNoText(node: ElementNode, compiler: PolicyCompiler): void {
  if (node.text.excerpt.text.trim() !== "")
    compiler.fail(node.text.position, `text is not allowed in <${node.name}>`);
}
