import type { TestTwin } from "./twin.ts";

type Line = Readonly<Record<string, unknown>>;

/** What a twin wrote about tool calls. */
interface Trail {
  /** The audit events. */
  readonly events: readonly Line[];
  /** The dimensions of each value of the metric. */
  readonly metrics: readonly Line[];
  /** Everything that the gateway wrote, as text. */
  readonly text: string;
}

/** Does something. @returns what the gateway wrote of it about tool calls, in order */
export async function toolCallTrail(twin: TestTwin, happening: () => Promise<unknown>): Promise<Trail> {
  const { length: before } = await twin.allLogs();
  await happening();
  const messages = (await twin.allLogs())
    .slice(before)
    .filter(({ component }) => component === "gateway")
    .map(({ message }) => message);
  const lines = messages.map((message) => JSON.parse(message) as Line);
  return {
    events: lines
      .filter(({ event, source }) => event === "trace" && source === "mcp-gateway")
      .map(({ message }) => JSON.parse(String(message)) as Line),
    metrics: lines
      .filter(({ event, name }) => event === "metric" && name === "mcp-tool-calls")
      .map(({ dimensions }) => JSON.parse(String(dimensions)) as Line),
    text: messages.join("\n"),
  };
}
