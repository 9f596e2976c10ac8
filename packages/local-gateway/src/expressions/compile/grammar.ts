import { calls } from "./calls.ts";
import type { Grammar } from "./compilation.ts";
import { creations } from "./creation.ts";
import { lambdas } from "./lambda.ts";
import { literals } from "./literals.ts";
import { loops } from "./loops.ts";
import { members } from "./members.ts";
import { names } from "./names.ts";
import { operators } from "./operations.ts";
import { patterns } from "./patterns.ts";
import { statements } from "./statements.ts";
import { strings } from "./strings.ts";
import { switches } from "./switch.ts";
import { tries } from "./try.ts";

/** The C# that policy expressions may use. The compilers in the tables reach each other through their compilation. */
export const GRAMMAR: Grammar = {
  expressions: {
    ...literals,
    ...strings,
    ...names,
    ...members,
    ...calls,
    ...operators,
    ...patterns,
    ...creations,
    ...lambdas,
  },
  statements: { ...statements, ...loops, ...switches, ...tries },
};
