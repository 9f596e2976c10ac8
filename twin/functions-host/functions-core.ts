import { format } from "node:util";
import type { LogLine } from "../component.ts";
import type { HttpFunction } from "./routing.ts";
import type { Invocation } from "./rpc.ts";

/**
 * `@azure/functions-core`: the module that the Functions worker gives to `@azure/functions`, as far as an app of
 * HTTP-triggered functions reaches it.
 */

type RpcLogLevel = "trace" | "debug" | "information" | "warning" | "error" | "critical" | "none";
type RpcLogCategory = "user" | "system" | "customMetric";

interface Binding {
  readonly type: string;
  readonly name: string;
  readonly direction: "in" | "out";
  readonly route?: string;
  readonly methods?: readonly string[];
}

interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}

type FunctionCallback = (...inputs: unknown[]) => unknown;

interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: Omit<Invocation, "functionName"> & {
    readonly inputData: readonly { readonly name: string; readonly data: object }[];
  };
  readonly metadata: FunctionMetadata;
  state: "preInvocationHooks" | "invocation" | "postInvocationHooks" | undefined;
  log(level: RpcLogLevel, category: RpcLogCategory, message: string): void;
}

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<unknown>;
}

interface ProgrammingModel {
  readonly name: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

type HookName = "appStart" | "appTerminate" | "preInvocation" | "postInvocation" | "log";
type HookCallback = (context: object) => unknown;

export type WriteLog = (level: LogLine["level"], message: string) => void;

const LOG_LEVELS: Readonly<Record<RpcLogLevel, LogLine["level"]>> = {
  trace: "debug",
  debug: "debug",
  information: "info",
  warning: "warn",
  error: "error",
  critical: "error",
  none: "info",
};

class Disposable {
  readonly #dispose: () => void;

  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const each of disposables) each.dispose();
    });
  }

  dispose(): void {
    this.#dispose();
  }
}

/** One app in this process: what it has registered, and how it is started, called and ended. */
export class FunctionsCore {
  readonly #writeLog: WriteLog;
  readonly #folder: string;
  readonly #functions = new Map<string, { metadata: FunctionMetadata; callback: FunctionCallback }>();
  readonly #hooks: Record<HookName, Set<HookCallback>> = {
    appStart: new Set(),
    appTerminate: new Set(),
    preInvocation: new Set(),
    postInvocation: new Set(),
    log: new Set(),
  };
  readonly #appHookData = {};
  readonly #appOnlyHookData = {};
  #programmingModel: ProgrammingModel | undefined;

  constructor(folder: string, writeLog: WriteLog) {
    this.#folder = folder;
    this.#writeLog = writeLog;
  }

  /** What `require("@azure/functions-core")` gives. */
  readonly module = {
    version: "3.12.0",
    hostVersion: "4.1041.0",
    Disposable,
    log: (level: RpcLogLevel, category: RpcLogCategory, message: string) =>
      this.#log(level, category, message),
    registerHook: (name: string, callback: HookCallback) => this.#registerHook(name, callback),
    setProgrammingModel: (model: ProgrammingModel) => {
      this.#programmingModel = model;
    },
    getProgrammingModel: () => this.#programmingModel,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
      this.#registerFunction(metadata, callback),
  };

  /** @throws Error when a function is triggered by something else than HTTP, or none is registered */
  httpFunctions(): HttpFunction[] {
    if (this.#functions.size === 0) throw new Error("the app has registered no function");
    return [...this.#functions.values()].map(({ metadata }) => {
      const trigger = triggerOf(metadata);
      return {
        name: metadata.name,
        route: trigger.route ?? "",
        methods: (trigger.methods ?? []).map((method) => method.toUpperCase()),
      };
    });
  }

  /** Runs the app's start hooks and opens its HTTP stream. Gives the stream's port. */
  async start(): Promise<number> {
    await this.#runHooks("appStart", { ...this.#appHooks(), functionAppDirectory: this.#folder });
    const capabilities = await this.#model().getCapabilities({});
    const uri = capabilities["HttpUri"];
    if (!uri) throw new Error("the app does not stream HTTP; call app.setup({ enableHttpStream: true })");
    return Number(new URL(uri).port);
  }

  /** @throws what the function, a hook or the answer's stream threw */
  async invoke({ invocationId, functionName, triggerMetadata }: Invocation): Promise<void> {
    const registered = this.#functions.get(functionName);
    if (!registered) throw new Error(`function "${functionName}" is not registered`);
    const { metadata } = registered;

    const core: CoreInvocationContext = {
      invocationId,
      request: { invocationId, triggerMetadata, inputData: [{ name: triggerOf(metadata).name, data: {} }] },
      metadata,
      state: undefined,
      log: (level, category, message) => this.#log(level, category, message, context),
    };
    const model = this.#model().getInvocationModel(core);
    let context: unknown;
    const given = await model.getArguments();
    context = given.context;

    const hookContext = { hookData: {}, appHookData: this.#appHookData, invocationContext: context };
    const before = { ...hookContext, inputs: given.inputs, functionCallback: registered.callback };
    core.state = "preInvocationHooks";
    await this.#runHooks("preInvocation", before);

    const after = { ...hookContext, inputs: before.inputs, result: null as unknown, error: null as unknown };
    core.state = "invocation";
    try {
      after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error;
    }
    core.state = "postInvocationHooks";
    await this.#runHooks("postInvocation", after);
    core.state = undefined;

    if (after.error) throw after.error;
    await model.getResponse(context, after.result);
  }

  async terminate(): Promise<void> {
    await this.#runHooks("appTerminate", this.#appHooks());
  }

  #model(): ProgrammingModel {
    if (!this.#programmingModel) throw new Error("the app has set no programming model");
    return this.#programmingModel;
  }

  #appHooks() {
    return { hookData: this.#appOnlyHookData, appHookData: this.#appHookData };
  }

  #registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    if (this.#functions.has(metadata.name))
      throw new Error(`function "${metadata.name}" is registered twice`);
    this.#functions.set(metadata.name, { metadata, callback });
    return new Disposable(() => this.#functions.delete(metadata.name));
  }

  #registerHook(name: string, callback: HookCallback): Disposable {
    if (!Object.hasOwn(this.#hooks, name)) throw new RangeError(`Unrecognized hook "${name}"`);
    const hooks = this.#hooks[name as HookName];
    hooks.add(callback);
    return new Disposable(() => hooks.delete(callback));
  }

  async #runHooks(name: HookName, context: object): Promise<void> {
    for (const hook of this.#hooks[name]) await hook(context);
  }

  #log(level: RpcLogLevel, category: RpcLogCategory, message: string, invocationContext?: unknown): void {
    const entry = { level, message: format(message), category, hookData: {}, invocationContext };
    for (const hook of this.#hooks.log) hook(entry);
    const line = LOG_LEVELS[entry.level];
    // The library's own running commentary is of no use to who reads an app's log; its complaints are.
    if (category === "system" && (line === "debug" || line === "info")) return;
    this.#writeLog(line, entry.message);
  }
}

function triggerOf({ name, bindings }: FunctionMetadata): Binding {
  const trigger = Object.values(bindings).find((binding) => binding.type.toLowerCase() === "httptrigger");
  if (!trigger) throw new Error(`function "${name}": this host runs HTTP-triggered functions only`);
  return trigger;
}
