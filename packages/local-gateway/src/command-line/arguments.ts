import { parseArgs } from "node:util";
import type { IdentityEndpoint } from "../pipeline/managed-identity.ts";

export const USAGE = `Runs Azure API Management policies on this machine.

  local-gateway --policies <folder> --description <file>

  --policies <folder>           where the policy files are
  --description <file>          JSON: the APIs, operations, fragments and named values
  --port <number>               0 for any free port; that of the description's origin when left out
  --identity-endpoint <URL>     where authentication-managed-identity gets its tokens,
  --identity-header <text>      and what it shows there; as in App Service, the environment's
                                IDENTITY_ENDPOINT and IDENTITY_HEADER when left out
  --verbose                     also write what <trace> writes at its level verbose
  --help                        this text
`;

/** What the command line asks for. */
export interface CommandLine {
  readonly policies: string;
  readonly description: string;
  readonly port: number | undefined;
  readonly identity: IdentityEndpoint | undefined;
  readonly verbose: boolean;
}

/** @throws Error naming the option that is wrong or missing */
export function readCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      policies: { type: "string" },
      description: { type: "string" },
      port: { type: "string" },
      "identity-endpoint": { type: "string" },
      "identity-header": { type: "string" },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { policies, description, verbose } = values;
  if (policies === undefined) throw new Error("--policies is missing; --help says how to start it");
  if (description === undefined) throw new Error("--description is missing; --help says how to start it");
  const port = values.port === undefined ? undefined : readPort(values.port);
  const endpoint = values["identity-endpoint"] ?? environment["IDENTITY_ENDPOINT"];
  const header = values["identity-header"] ?? environment["IDENTITY_HEADER"];
  return { policies, description, port, identity: readIdentity(endpoint, header), verbose };
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Error(`--port: "${text}" is not a port`);
}

function readIdentity(
  endpoint: string | undefined,
  header: string | undefined,
): IdentityEndpoint | undefined {
  if (!endpoint && !header) return undefined;
  if (!endpoint || !header) {
    throw new Error("--identity-endpoint and --identity-header are needed together");
  }
  if (!URL.canParse(endpoint)) throw new Error(`--identity-endpoint: "${endpoint}" is not a URL`);
  return { endpoint, header };
}
