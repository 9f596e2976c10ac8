import type { Program } from "./program.ts";
import { openSession, type Session, type SessionOptions } from "./session.ts";
import {
  afterRevocation,
  atMissingScope,
  atTokenEnd,
  type Setup,
  type Step,
  signInAndCall,
  signingOut,
} from "./steps.ts";

/** The steps after the first call, by the column of docs/clients.md that each one fills. */
const STEPS = {
  "At the end of a token": atTokenEnd,
  "After a revocation": afterRevocation,
  "At a missing scope": atMissingScope,
  "Signs out by": signingOut,
} satisfies Readonly<Record<string, Step>>;

export const COLUMNS = [
  "Program",
  "Registers by",
  "Redirect URI",
  ...(Object.keys(STEPS) as (keyof typeof STEPS)[]),
  "Starts again by",
] as const;

/** Of Linux. */
const FIRST_EPHEMERAL_PORT = 32_768;

/** A row of docs/clients.md. A step that could not be played says so, and `reasons` why. */
export interface Trial {
  readonly row: Readonly<Record<(typeof COLUMNS)[number], string>>;
  readonly reasons: readonly string[];
}

export interface TrialOptions extends SessionOptions {
  readonly say: (text: string) => void;
}

/** Has a program sign in, call a tool, refresh, lose its session, lack a scope, and sign out. */
export async function tryProgram(program: Program, options: TrialOptions): Promise<Trial> {
  const { twin, installation, say } = options;
  const session = await openSession(program, options);
  const setup = { program, session, twin };
  const reasons: string[] = [];
  /** @returns what the step returns; undefined where it fails, which is no fault of the other programs */
  const play = async <T>(name: string, step: (setup: Setup) => Promise<T>): Promise<T | undefined> => {
    say(`${program.name}: ${name} …`);
    try {
      return await step(setup);
    } catch (error) {
      reasons.push(`${program.name}, ${name}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  };
  try {
    const seen: Record<string, string> = {};
    await play("sign-in", signInAndCall);
    for (const [column, step] of Object.entries(STEPS)) {
      seen[column] =
        (reasons.length === 0 ? await play(column.toLowerCase(), step) : undefined) ?? "not played";
    }
    return {
      row: {
        Program: `${program.name} ${await installation.version(program)}`,
        "Registers by": registersBy(session),
        "Redirect URI": redirectUri(session),
        ...(seen as Record<keyof typeof STEPS, string>),
        "Starts again by": program.again,
      },
      reasons,
    };
  } finally {
    await session.close();
  }
}

function registersBy({ opened }: Session): string {
  const ids = new Set(opened.map(({ searchParams }) => searchParams.get("client_id") ?? ""));
  const [id] = ids;
  if (id === undefined) return "not played";
  if (id.startsWith("https://")) return "its document";
  return ids.size > 1 ? "registration, again for each sign-in" : "registration";
}

/** @returns the redirect URI, with `<port>` where the operating system picked the port */
function redirectUri({ opened }: Session): string {
  const uri = opened[0]?.searchParams.get("redirect_uri");
  if (!uri) return "not played";
  const picked = Number(new URL(uri).port) >= FIRST_EPHEMERAL_PORT;
  return `\`${picked ? uri.replace(/:\d+(?=\/)/, ":<port>") : uri}\``;
}
