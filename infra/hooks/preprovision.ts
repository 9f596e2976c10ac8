import { createInterface } from "node:readline/promises";
import { synth } from "../main.ts";
import { run } from "./command.ts";

/** Asks for what cannot be guessed, once, and has azd keep it; then writes the stack. */
const name = "GATEWAY_PUBLISHER_EMAIL";
const needed = !process.env["GATEWAY_APIM_ID"];
if (needed && !process.env[name] && process.stdin.isTTY) {
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  const answer = (
    await questions.question("Mail address of the API publisher (Azure writes there): ")
  ).trim();
  questions.close();
  if (answer) {
    await run("azd", ["env", "set", name, answer]);
    process.env[name] = answer;
  }
}
if (process.env[name] || !needed) {
  await synth(process.env);
} else {
  process.stderr.write(`${name} is not set. Set it with: azd env set ${name} <mail address>\n`);
  process.exitCode = 1;
}
