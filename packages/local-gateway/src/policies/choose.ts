import { numberedName } from "../document/nodes.ts";
import { runSteps, type Step } from "../pipeline/step.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader, type Evaluated } from "./values.ts";

interface Branch {
  readonly condition: Evaluated<boolean>;
  /** Whether the condition reads a body. */
  readonly readsBody: boolean;
  readonly steps: readonly Step[];
}

/** Runs the policies of the first branch whose condition holds. */
export const choose: PolicyElement = {
  name: "choose",
  sections: EVERYWHERE,
  attributes: {},
  children: {
    when: { attributes: { condition: true }, children: "policies" },
    otherwise: { attributes: {}, children: "policies" },
  },
  compile: (node, compiler) => {
    const branches = node.children.map((child, index): Branch => {
      const inside = compiler.inside(numberedName(child, node.children));
      const steps = inside.steps(child.children);
      if (child.name === "otherwise") {
        if (index !== node.children.length - 1)
          compiler.fail(child.position, "<otherwise> has to be the last in <choose>");
        return { condition: () => true, readsBody: false, steps };
      }
      const condition = new AttributeReader(child, inside).bool("condition", false);
      return { condition, readsBody: inside.readsBody, steps };
    });
    if (branches.length === 0 || node.children[0]?.name === "otherwise")
      compiler.fail(node.position, "<choose> needs a <when>");
    return {
      run: branches.some(({ readsBody }) => readsBody)
        ? async (exchange) => {
            for (const { condition, readsBody, steps } of branches) {
              if (readsBody) await exchange.bufferBodies();
              if (condition(exchange)) return runSteps(steps, exchange);
            }
            return "next";
          }
        : (exchange) => {
            const branch = branches.find(({ condition }) => condition(exchange));
            return branch ? runSteps(branch.steps, exchange) : "next";
          },
    };
  },
};
