import type { TypeRef } from "../type-ref.ts";

/** What a member gives, where that is known before it runs: a type, or a function of the receiver's type. */
export type ResultType = string | ((receiver: TypeRef | undefined, call: StaticCall) => TypeRef | undefined);

export interface StaticCall {
  readonly argumentTypes: readonly (TypeRef | undefined)[];
  readonly typeArguments: readonly TypeRef[];
}

export interface Property {
  readonly type?: ResultType;
  readonly get: (self: never) => unknown;
}

export interface Method {
  readonly type?: ResultType;
  /** Fewest and most arguments. */
  readonly count: readonly [number, number];
  /** Names of the parameters, where callers use named arguments. */
  readonly parameters?: readonly string[];
  readonly call: (self: never, args: readonly unknown[], call: Call) => unknown;
}

export interface StaticMethod extends Omit<Method, "call"> {
  readonly call: (args: readonly unknown[], call: Call) => unknown;
}

export interface Call {
  readonly typeArguments: readonly TypeRef[];
  /** `default(T)` of the receiver's element type, null where that isn't known. */
  readonly elementDefault: unknown;
  /** `(T)value`. */
  readonly cast: (value: unknown, type: TypeRef) => unknown;
  /** `value is T`. */
  readonly isOfType: (value: unknown, type: TypeRef) => boolean;
}

/** An `out` argument. */
export interface OutArgument {
  set(value: unknown): void;
}

/** One .NET type: what expressions may do with it. Anything not listed is not supported. */
export interface TypeDefinition {
  /** As C# source writes it: "string", "JObject". */
  readonly name: string;
  /** Other names of it: "String". */
  readonly aliases?: readonly string[];
  readonly namespace: string;
  /** Types whose members it has too; `object` always. */
  readonly bases?: readonly string[];
  /** Whether a value that isn't null is of this type. */
  readonly holds: (value: unknown) => boolean;
  /** `(T)value` for values it doesn't hold; undefined when there is no such conversion. */
  readonly cast?: (value: unknown) => unknown;
  /** `default(T)`; null where it isn't given. */
  readonly defaultValue?: unknown;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly methods?: Readonly<Record<string, Method>>;
  readonly statics?: Readonly<Record<string, { readonly type?: string; readonly get: () => unknown }>>;
  readonly staticMethods?: Readonly<Record<string, StaticMethod>>;
  readonly construct?: {
    readonly count: readonly [number, number];
    readonly call: (args: readonly unknown[], call: Call) => unknown;
  };
  readonly indexer?: {
    readonly type?: ResultType;
    readonly get: (self: never, index: unknown) => unknown;
    readonly set?: (self: never, index: unknown, value: unknown) => void;
  };
  /** Called for each value of a collection initializer. */
  readonly add?: (self: never, values: readonly unknown[]) => void;
  /** What `foreach` and LINQ see. */
  readonly enumerate?: (self: never) => Iterable<unknown>;
  /** Type of an element, where it is known. */
  readonly element?: (type: TypeRef) => TypeRef | undefined;
}
