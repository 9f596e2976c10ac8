import { type ElementNode, numberedName } from "../document/nodes.ts";
import type { Position } from "../document/position.ts";
import { PolicyError } from "../errors.ts";
import type { CSharpParser } from "../expressions/syntax/parser.ts";
import type { Scope, Section, Step } from "../pipeline/step.ts";
import { checkShape } from "./checks.ts";
import type { ElementShape, PolicyCompiler, PolicyElement } from "./element.ts";

/** What all documents of one gateway share while they are compiled. */
export interface PolicyLibrary {
  readonly parser: CSharpParser;
  readonly elements: ReadonlyMap<string, PolicyElement>;
  readonly fragments: ReadonlyMap<string, ElementNode>;
}

/** Where policies stand that are compiled. */
interface Place {
  readonly library: PolicyLibrary;
  readonly scope: Scope;
  readonly section: Section;
  /** What `<base/>` stands for; undefined where there is none. */
  readonly base: readonly Step[] | undefined;
  /** The elements around them, as `context.LastError.Path` names them; none unless given. */
  readonly path?: string;
  /** The fragment that they are part of. */
  readonly fragment?: string;
  /** Whether `<base/>` may stand here: directly in a section. */
  readonly isTop?: boolean;
}

/** What the compiler itself puts other policies in for. */
export const REPLACED_ELEMENTS = {
  base: { attributes: {}, children: {} },
  "include-fragment": { attributes: { "fragment-id": true }, children: {} },
} as const satisfies Readonly<Record<string, ElementShape>>;

/** Compiles the policies of one section of one document. */
export class SectionCompiler implements PolicyCompiler {
  readonly section: Section;
  readonly #place: Place;
  #readsBody = false;

  constructor(place: Place) {
    this.section = place.section;
    this.#place = place;
  }

  get parser(): CSharpParser {
    return this.#place.library.parser;
  }

  get readsBody(): boolean {
    return this.#readsBody;
  }

  notesBody(): void {
    this.#readsBody = true;
  }

  get changesResponse(): boolean {
    return this.section === "outbound" || this.section === "on-error";
  }

  fail(position: Position, problem: string): never {
    throw new PolicyError(position, problem);
  }

  steps(nodes: readonly ElementNode[]): Step[] {
    return nodes.flatMap((node) => {
      if (node.name === "base") return this.#inherited(node);
      if (node.name === "include-fragment") return this.#included(node);
      return [this.#step(node, numberedName(node, nodes))];
    });
  }

  #inherited(node: ElementNode): readonly Step[] {
    const { base, fragment, isTop } = this.#place;
    if (fragment !== undefined) this.fail(node.position, "<base/> is not allowed in a fragment");
    if (isTop === false) this.fail(node.position, "<base/> has to stand directly in a section");
    checkShape(node, REPLACED_ELEMENTS.base, this);
    return base ?? this.fail(node.position, "<base/> is not allowed at global scope");
  }

  #included(node: ElementNode): Step[] {
    const { fragment: including, library } = this.#place;
    if (including !== undefined) this.fail(node.position, "a fragment cannot include another one");
    checkShape(node, REPLACED_ELEMENTS["include-fragment"], this);
    const attribute = node.attributes.get("fragment-id");
    const id = attribute?.value.excerpt.text ?? "";
    if (attribute && attribute.value.kind !== "literal")
      this.fail(attribute.position, "fragment-id cannot be an expression");
    const fragment = library.fragments.get(id);
    if (!fragment)
      return this.fail(attribute?.position ?? node.position, `the fragment "${id}" is not defined`);
    const inner = new SectionCompiler({ ...this.#place, base: undefined, fragment: id });
    return inner.steps(fragment.children);
  }

  #step(node: ElementNode, name: string): Step {
    const element = this.#place.library.elements.get(node.name);
    if (!element)
      return this.fail(node.position, `the policy <${node.name}> is not supported by this gateway`);
    if (!element.sections.includes(this.section)) {
      this.fail(
        node.position,
        `<${node.name}> is not allowed in <${this.section}>, only in ${element.sections.join(", ")}`,
      );
    }
    checkShape(node, element, this);
    const inside = this.inside(name);
    const { run, cors } = element.compile(node, inside);
    return {
      name: node.name,
      position: node.position,
      scope: this.#place.scope,
      section: this.section,
      path: this.#pathOf(name),
      id: node.attributes.get("id")?.value.excerpt.text ?? null,
      ...(cors ? { cors } : {}),
      run: inside.readsBody
        ? async (exchange) => {
            await exchange.bufferBodies();
            return run(exchange);
          }
        : run,
    };
  }

  inside(path: string): SectionCompiler {
    return new SectionCompiler({ ...this.#place, path: this.#pathOf(path), isTop: false });
  }

  #pathOf(name: string): string {
    const { path = "" } = this.#place;
    return path === "" ? name : `${path}/${name}`;
  }
}
