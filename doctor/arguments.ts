import { parseArgs } from "node:util";

export const USAGE = `Checks a gateway as a client and an operator would.

  npm run doctor -- <MCP URL>            such as http://localhost:8080/mcp

  --sign-in                              opens the browser, signs in, and goes on to the tools
  --authorization-server-url <URL>       of the Functions app, to see that it is closed to the world
  --json                                 for machines
  --help

Exit code: 0 nothing is wrong, 1 something is, 2 the doctor could not begin.
`;

export interface Arguments {
  readonly mcpUrl: string;
  readonly signIn: boolean;
  readonly json: boolean;
  readonly authorizationServerUrl?: string;
}

/**
 * @param words of the command line, without the program
 * @returns undefined when help is wanted
 * @throws Error saying what is wrong with them
 */
export function readArguments(words: readonly string[]): Arguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      "sign-in": { type: "boolean", default: false },
      "authorization-server-url": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const [mcpUrl, ...more] = positionals;
  if (!mcpUrl || more.length > 0) throw new Error("The doctor takes one MCP URL.");
  const app = values["authorization-server-url"];
  if (app !== undefined && !/^https?:$/.test(URL.parse(app)?.protocol ?? "")) {
    throw new Error(
      "--authorization-server-url is a whole address, such as https://func-gateway.azurewebsites.net.",
    );
  }
  return {
    mcpUrl,
    signIn: values["sign-in"],
    json: values.json,
    ...(app === undefined ? {} : { authorizationServerUrl: app.replace(/\/+$/, "") }),
  };
}
