import type { ElementNode } from "../document/nodes.ts";
import type { PolicyCompiler } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Checks `caching-type`: there is only the built-in cache here, which all three words may mean. */
export function checkCachingType(node: ElementNode, compiler: PolicyCompiler): void {
  const reader = new AttributeReader(node, compiler);
  const type = reader.constantText("caching-type", "prefer-external");
  if (type === "external") {
    compiler.fail(
      reader.position("caching-type"),
      "there is no external cache here; use prefer-external or internal",
    );
  }
  if (type !== "prefer-external" && type !== "internal") {
    compiler.fail(
      reader.position("caching-type"),
      '"caching-type" can be prefer-external, external or internal',
    );
  }
}
