import { runSteps, type Step } from "../pipeline/step.ts";
import { checkAttributes, numberedName } from "./checks.ts";
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
  children: ["when", "otherwise"],
  compile: (node, compiler) => {
    const branches = node.children.map((child, index): Branch => {
      const steps = compiler.within(numberedName(child, node.children), child.children).map((step) => step);
      if (child.text.excerpt.text.trim() !== "")
        compiler.fail(child.text.position, `text is not allowed in <${child.name}>`);
      if (child.name === "otherwise") {
        checkAttributes(child, {}, compiler);
        if (index !== node.children.length - 1)
          compiler.fail(child.position, "<otherwise> has to be the last in <choose>");
        return { condition: () => true, steps };
      }
      checkAttributes(child, { condition: true }, compiler);
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
