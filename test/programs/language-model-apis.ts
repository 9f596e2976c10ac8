/** What a request says that matters here. */
export interface Conversation {
  /** Names of the tools that the program offers. */
  readonly tools: readonly string[];
  /** What tools have answered, as JSON text. */
  readonly toolResults: readonly string[];
}

/** What the model says next. */
export type Turn = { readonly tool: string } | { readonly text: string };

/** One vendor's API, as far as a single tool call needs it. */
export interface ModelApi {
  read(body: Readonly<Record<string, unknown>>): Conversation;
  /** @returns the whole answer, as server-sent events */
  write(turn: Turn): string;
}

type Item = Readonly<Record<string, unknown>>;

const items = (value: unknown): readonly Item[] => (Array.isArray(value) ? (value as Item[]) : []);
const named = (list: readonly Item[]) => list.map(({ name }) => String(name));
const events = (list: readonly Item[], named: boolean) =>
  list
    .map((event) => `${named ? `event: ${event["type"]}\n` : ""}data: ${JSON.stringify(event)}\n\n`)
    .join("");

/** OpenAI, POST /chat/completions. */
const chatCompletions: ModelApi = {
  read: ({ tools, messages }) => ({
    tools: named(items(tools).map((tool) => (tool["function"] ?? {}) as Item)),
    toolResults: items(messages)
      .filter(({ role }) => role === "tool")
      .map(({ content }) => JSON.stringify(content)),
  }),
  write(turn) {
    const delta =
      "tool" in turn
        ? {
            tool_calls: [
              { index: 0, id: "call_1", type: "function", function: { name: turn.tool, arguments: "{}" } },
            ],
          }
        : { content: turn.text };
    const chunk = (delta: Item, finish_reason: string | null) => ({
      id: "chat_1",
      object: "chat.completion.chunk",
      created: 0,
      model: "stand-in",
      choices: [{ index: 0, delta, finish_reason }],
    });
    const end = "tool" in turn ? "tool_calls" : "stop";
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const chunks = [chunk({ role: "assistant", ...delta }, null), { ...chunk({}, end), usage }];
    return `${events(chunks, false)}data: [DONE]\n\n`;
  },
};

/** OpenAI, POST /responses. A tool may stand in a namespace, one for each MCP server. */
const responses: ModelApi = {
  read: ({ tools, input }) => ({
    tools: items(tools).flatMap((tool) =>
      tool["type"] === "namespace"
        ? named(items(tool["tools"])).map((name) => `${tool["name"]}/${name}`)
        : named([tool]),
    ),
    toolResults: items(input)
      .filter(({ type }) => type === "function_call_output")
      .map(({ output }) => JSON.stringify(output)),
  }),
  write(turn) {
    const response = { id: "response_1", object: "response", created_at: 0, model: "stand-in", output: [] };
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    return events(
      [
        { type: "response.created", response: { ...response, status: "in_progress" } },
        { type: "response.output_item.done", output_index: 0, item: responsesItem(turn) },
        { type: "response.completed", response: { ...response, status: "completed", usage } },
      ],
      true,
    );
  },
};

function responsesItem(turn: Turn): Item {
  if (!("tool" in turn)) {
    const content = [{ type: "output_text", text: turn.text, annotations: [] }];
    return { type: "message", id: "message_1", role: "assistant", status: "completed", content };
  }
  const [name = "", namespace] = turn.tool.split("/").reverse();
  const call = { type: "function_call", id: "item_1", call_id: "call_1", name, arguments: "{}" };
  return namespace === undefined ? call : { ...call, namespace };
}

/** Anthropic, POST /v1/messages. */
const messages: ModelApi = {
  read: ({ tools, messages }) => ({
    tools: named(items(tools)),
    toolResults: items(messages)
      .flatMap(({ content }) => items(content))
      .filter(({ type }) => type === "tool_result")
      .map(({ content }) => JSON.stringify(content)),
  }),
  write(turn) {
    const usage = { input_tokens: 1, output_tokens: 1 };
    const called = "tool" in turn;
    return events(
      [
        {
          type: "message_start",
          message: {
            id: "message_1",
            type: "message",
            role: "assistant",
            model: "stand-in",
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage,
          },
        },
        {
          type: "content_block_start",
          index: 0,
          content_block: called
            ? { type: "tool_use", id: "toolu_1", name: turn.tool, input: {} }
            : { type: "text", text: "" },
        },
        {
          type: "content_block_delta",
          index: 0,
          delta: called
            ? { type: "input_json_delta", partial_json: "{}" }
            : { type: "text_delta", text: turn.text },
        },
        { type: "content_block_stop", index: 0 },
        {
          type: "message_delta",
          delta: { stop_reason: called ? "tool_use" : "end_turn", stop_sequence: null },
          usage,
        },
        { type: "message_stop" },
      ],
      true,
    );
  },
};

/** Google, POST /v1beta/models/<model>:streamGenerateContent. */
const generateContent: ModelApi = {
  read: ({ tools, contents }) => ({
    tools: items(tools).flatMap((tool) => named(items(tool["functionDeclarations"]))),
    toolResults: items(contents)
      .flatMap(({ parts }) => items(parts))
      .filter((part) => part["functionResponse"] !== undefined)
      .map((part) => JSON.stringify(part["functionResponse"])),
  }),
  write(turn) {
    const part = "tool" in turn ? { functionCall: { name: turn.tool, args: {} } } : { text: turn.text };
    const content = { role: "model", parts: [part] };
    const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 };
    return events(
      [
        {
          candidates: [{ index: 0, content, finishReason: "STOP" }],
          usageMetadata,
          modelVersion: "stand-in",
        },
      ],
      false,
    );
  },
};

/** @returns the API that a path belongs to; undefined for a list of models and anything else */
export function apiOf(path: string): ModelApi | undefined {
  if (path.endsWith("/chat/completions")) return chatCompletions;
  if (path.endsWith("/responses")) return responses;
  if (path.endsWith("/messages")) return messages;
  return /:(?:streamGenerateContent|generateContent)$/.test(path) ? generateContent : undefined;
}
