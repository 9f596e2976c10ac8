import { type Rule, strings } from "./rule.ts";

const SECRET = /(_key|_secret|password|token|connection_string|credential|certificate)\b/;

/** azd writes each output in plain text to `.azure/<environment>/.env`. */
export const noSecretOutput: Rule = {
  name: "no secret output",
  check: ({ document: { output = {} } }) =>
    Object.entries(output).flatMap(([name, block]) => [
      ...(block["sensitive"] ? [`output ${name} is sensitive`] : []),
      ...strings(block["value"])
        .filter((value) => SECRET.test(value))
        .map((value) => `output ${name} shows ${value}`),
    ]),
};
