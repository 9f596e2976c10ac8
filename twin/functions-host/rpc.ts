import type { LogLine } from "../component.ts";
import type { HttpFunction } from "./routing.ts";

/**
 * What the host and an instance's process tell each other, in the shapes that the Functions host and its Node worker
 * use for the same (`RpcTypedData`, `triggerMetadata`).
 */

/** The one kind of value a streamed HTTP request needs: text, or JSON as text. */
export type TypedData = { readonly string: string } | { readonly json: string };

export interface Invocation {
  readonly invocationId: string;
  readonly functionName: string;
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
}

export interface InstanceMemory {
  /** In bytes. */
  readonly rss: number;
  /** In bytes. */
  readonly heapUsed: number;
  /** Requests that the process received over HTTP and still keeps. */
  readonly requests: number;
}

export type ToInstance =
  | { readonly type: "invocation"; readonly invocation: Invocation }
  | { readonly type: "memory"; readonly id: number }
  | { readonly type: "cpu"; readonly id: number }
  | { readonly type: "advance-clock"; readonly id: number; readonly seconds: number }
  | { readonly type: "log-written"; readonly id: number };

export type FromInstance =
  | { readonly type: "ready"; readonly httpPort: number; readonly functions: readonly HttpFunction[] }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "log"; readonly level: LogLine["level"]; readonly message: string }
  | { readonly type: "clock-advanced"; readonly id: number }
  | { readonly type: "memory"; readonly id: number; readonly memory: InstanceMemory }
  | { readonly type: "cpu"; readonly id: number; readonly milliseconds: number }
  /** Comes after every line that was written before it was asked for. */
  | { readonly type: "log-written"; readonly id: number };
