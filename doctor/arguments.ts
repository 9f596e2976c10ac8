import { parseArgs } from "node:util";

export const USAGE = `Checks a gateway as a client and an operator would.

  npm run doctor -- <MCP URL>            such as http://localhost:8080/mcp

  --sign-in                              opens the browser, signs in, and goes on to the tools
  --entra-token                          presents the Entra token in ENTRA_TOKEN
  --config <file>                        the gateway's configuration, gateway.config.ts unless given
  --authorization-server-url <URL>       of the Functions app, to see that it is closed to the world
  --json                                 for machines
  --help

Exit code: 0 nothing is wrong, 1 something is, 2 the doctor could not begin.
`;

export interface Arguments {
  readonly mcpUrl: string;
  readonly config: string;
  readonly signIn: boolean;
  readonly json: boolean;
  readonly entraToken?: string;
  readonly authorizationServerUrl?: string;
}

/**
 * @param words of the command line, without the program
 * @param environment of the process, where a token is: a command line can be seen by others
 * @returns undefined when help is wanted
 * @throws Error saying what is wrong with them
 */
export function readArguments(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Arguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      "sign-in": { type: "boolean", default: false },
      "entra-token": { type: "boolean", default: false },
      config: { type: "string", default: "gateway.config.ts" },
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
  const entraToken = values["entra-token"] ? (environment["ENTRA_TOKEN"] ?? "").trim() : undefined;
  if (entraToken === "") throw new Error("--entra-token needs an access token in ENTRA_TOKEN.");
  return {
    mcpUrl,
    config: values.config,
    signIn: values["sign-in"],
    json: values.json,
    ...(entraToken === undefined ? {} : { entraToken }),
    ...(app === undefined ? {} : { authorizationServerUrl: app.replace(/\/+$/, "") }),
  };
}
