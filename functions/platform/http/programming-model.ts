import { createRequire } from "node:module";
import { beginOn, connectionOf, endOn, whenNotBegun } from "./host-connections.ts";

/** What is used of `@azure/functions-core`, which the Functions worker provides and no package. */
export interface FunctionsCore {
  getProgrammingModel(): ProgrammingModel;
}

/** What `@azure/functions` makes of this app for the worker. */
export interface ProgrammingModel {
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
}

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, object>> };
  readonly request: { triggerMetadata: object; readonly inputData: readonly object[] };
}

/** The steps of one invocation, which the worker takes one after another. */
export interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: unknown): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<unknown>;
}

const guarded = new WeakSet<ProgrammingModel>();

/**
 * Makes every invocation of this app answer its request, whatever the request holds. `@azure/functions` has to be given its first function
 * before, as it sets its programming model then. Outside of the Functions worker this does nothing.
 *
 * - The library reads a request's header fields from the trigger metadata, where a query parameter or a member of a JSON body
 *   called "Headers" takes their place; it throws when these are none. So that metadata is emptied: nothing here needs it.
 * - Where a step throws anyway, the worker tells the Functions host, which still waits for the answer on the HTTP stream, for
 *   minutes, and the library keeps the request and its connection for good. So the library is made to answer first.
 */
export function guardInvocations(core: FunctionsCore | undefined = functionsCore()): void {
  const model = core?.getProgrammingModel();
  if (!model || guarded.has(model)) return;
  guarded.add(model);
  const getInvocationModel = model.getInvocationModel.bind(model);
  model.getInvocationModel = (context) => {
    context.request.triggerMetadata = {};
    return answering(getInvocationModel(context), context.invocationId);
  };
  whenNotBegun((invocationId) => void forget(getInvocationModel(contextOf(invocationId)), invocationId));
}

function functionsCore(): FunctionsCore | undefined {
  try {
    return createRequire(import.meta.url)("@azure/functions-core") as FunctionsCore;
  } catch {
    return undefined;
  }
}

/** The invocation, with an answer to its request where a step of it throws. */
function answering(model: InvocationModel, invocationId: string): InvocationModel {
  const orAnswer =
    <A extends unknown[], R>(status: number, step: (...given: A) => Promise<R>) =>
    (...given: A) =>
      step(...given).catch(async (error: unknown) => {
        await answer(model, invocationId, status);
        throw error;
      });
  return {
    // The one thing that the library makes before the handler is the request, from what the caller sent.
    getArguments: orAnswer(400, async () => {
      const given = await model.getArguments();
      beginOn(invocationId);
      return given;
    }),
    invokeFunction: orAnswer(500, (context, inputs, handler) =>
      model.invokeFunction(context, inputs, handler),
    ),
    getResponse: orAnswer(500, async (context, result) => {
      const response = await model.getResponse(context, result);
      endOn(invocationId);
      return response;
    }),
  };
}

/** Has the library answer, and with that forget, a request; one that it has begun to answer ends where it is. */
async function answer(model: InvocationModel, invocationId: string, status: number): Promise<void> {
  try {
    await model.getResponse({ invocationId }, { status });
  } catch {
    const connection = connectionOf(invocationId);
    if (connection?.headersSent) connection.destroy();
    else connection?.writeHead(status).end();
  } finally {
    endOn(invocationId);
  }
}

/** Has the library take a request whose invocation never begins, and answer it. */
async function forget(model: InvocationModel, invocationId: string): Promise<void> {
  await model.getArguments().catch(() => undefined);
  await answer(model, invocationId, 503);
}

/** An invocation of nothing, for a request that the library received. */
function contextOf(invocationId: string): CoreInvocationContext {
  return {
    invocationId,
    metadata: {
      name: "none",
      bindings: {
        request: { type: "httpTrigger", direction: "in" },
        $return: { type: "http", direction: "out" },
      },
    },
    request: { triggerMetadata: {}, inputData: [{ name: "request", data: {} }] },
  };
}
