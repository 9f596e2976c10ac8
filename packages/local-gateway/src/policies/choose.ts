import { numberedName } from "../document/nodes.ts";
import { runSteps, type Step } from "../pipeline/step.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader, type Evaluated } from "./values.ts";

interface Branch {
  readonly condition: Evaluated<boolean>;
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
      const steps = compiler.within(numberedName(child, node.children), child.children);
      if (child.name === "otherwise") {
        if (index !== node.children.length - 1)
          compiler.fail(child.position, "<otherwise> has to be the last in <choose>");
        return { condition: () => true, steps };
      }
      return { condition: new AttributeReader(child, compiler).bool("condition", false), steps };
    });
    if (branches.length === 0 || node.children[0]?.name === "otherwise")
      compiler.fail(node.position, "<choose> needs a <when>");
    return {
      run: async (exchange) => {
        for (const { condition, steps } of branches) {
          if (await condition(exchange)) return runSteps(steps, exchange);
        }
        return "next";
      },
    };
  },
};
