import { NetDictionary } from "../collections.ts";
import { ref, type TypeRef, typeText } from "../type-ref.ts";
import { out, textOrNull } from "../types/arguments.ts";
import { DateTime } from "../types/date-time-values.ts";
import type { TypeDefinition } from "../types/definition.ts";
import { Guid } from "../types/guid.ts";
import { TimeSpan } from "../types/time-span-value.ts";
import { NetObject } from "../values.ts";
import type { HttpRequest, HttpResponse } from "./messages.ts";
import type { Url } from "./url.ts";

/** A plain record that policies read: `context.Api`, `context.LastError` and the like. */
export class ContextRecord extends NetObject {
  readonly typeName: string;
  readonly values: Readonly<Record<string, unknown>>;

  constructor(typeName: string, values: Readonly<Record<string, unknown>>) {
    super();
    this.typeName = typeName;
    this.values = values;
  }
}

/** What happened, for `context.LastError`. */
export interface LastErrorValues {
  readonly Source: string;
  readonly Reason: string;
  readonly Message: string;
  readonly Scope: string;
  readonly Section: string;
  readonly Path: string;
  readonly PolicyId: string | null;
}

/** `context`: everything that the policies of one request share. */
export class PolicyContext extends NetObject {
  readonly typeName = "IProxyRequestContext";
  readonly request: HttpRequest;
  response: HttpResponse | null = null;
  lastError: ContextRecord | null = null;
  readonly variables = new NetDictionary([], { typeName: "Variables" });
  readonly requestId: Guid;
  readonly timestamp: DateTime;
  readonly api: ContextRecord;
  readonly operation: ContextRecord;
  readonly deployment: ContextRecord;
  readonly trace: (message: string) => void;
  readonly #started: number;

  constructor(parts: {
    readonly request: HttpRequest;
    readonly requestId: string;
    readonly api: {
      readonly name: string;
      readonly displayName: string;
      readonly path: string;
      readonly serviceUrl: Url;
    };
    readonly operation: {
      readonly name: string;
      readonly displayName: string;
      readonly method: string;
      readonly urlTemplate: string;
    };
    readonly trace: (message: string) => void;
  }) {
    super();
    this.request = parts.request;
    this.requestId = new Guid(parts.requestId);
    this.timestamp = new DateTime(Date.now(), "Utc");
    this.trace = parts.trace;
    this.#started = performance.now();
    this.api = new ContextRecord("IApi", {
      Id: parts.api.name,
      Name: parts.api.displayName,
      Path: parts.api.path,
      ServiceUrl: parts.api.serviceUrl,
      IsCurrentRevision: true,
      Revision: "1",
      Version: "",
    });
    this.operation = new ContextRecord("IOperation", {
      Id: parts.operation.name,
      Name: parts.operation.displayName,
      Method: parts.operation.method,
      UrlTemplate: parts.operation.urlTemplate,
    });
    this.deployment = new ContextRecord("IDeployment", {
      GatewayId: "managed",
      Region: "local",
      ServiceId: "local",
      ServiceName: "local",
    });
  }

  get elapsedMilliseconds(): number {
    return performance.now() - this.#started;
  }
}

function record(name: string, members: Readonly<Record<string, string>>): TypeDefinition {
  return {
    name,
    namespace: "",
    holds: (value) => value instanceof ContextRecord && value.typeName === name,
    properties: Object.fromEntries(
      Object.entries(members).map(([member, type]) => [
        member,
        { type, get: (self: ContextRecord) => self.values[member] ?? null },
      ]),
    ),
  };
}

/** Types of which a local gateway has no values; their members are known, so that expressions compile. */
const absent: readonly TypeDefinition[] = [
  record("IUser", { Email: "string", FirstName: "string", Id: "string", LastName: "string", Note: "string" }),
  record("ISubscription", {
    Id: "string",
    Key: "string",
    Name: "string",
    PrimaryKey: "string",
    SecondaryKey: "string",
  }),
  record("IProduct", {
    Id: "string",
    Name: "string",
    ApprovalRequired: "bool",
    SubscriptionRequired: "bool",
  }),
];

export const contextTypes: readonly TypeDefinition[] = [
  {
    name: "IProxyRequestContext",
    namespace: "",
    holds: (value) => value instanceof PolicyContext,
    properties: {
      Api: { type: "IApi", get: (self: PolicyContext) => self.api },
      Deployment: { type: "IDeployment", get: (self: PolicyContext) => self.deployment },
      Elapsed: { type: "TimeSpan", get: (self: PolicyContext) => new TimeSpan(self.elapsedMilliseconds) },
      LastError: { type: "ILastError", get: (self: PolicyContext) => self.lastError },
      Operation: { type: "IOperation", get: (self: PolicyContext) => self.operation },
      Product: { type: "IProduct", get: () => null },
      Request: { type: "IRequest", get: (self: PolicyContext) => self.request },
      RequestId: { type: "Guid", get: (self: PolicyContext) => self.requestId },
      Response: { type: "IResponse", get: (self: PolicyContext) => self.response },
      Subscription: { type: "ISubscription", get: () => null },
      Timestamp: { type: "DateTime", get: (self: PolicyContext) => self.timestamp },
      Tracing: { type: "bool", get: () => false },
      User: { type: "IUser", get: () => null },
      Variables: { type: "Variables", get: (self: PolicyContext) => self.variables },
    },
    methods: {
      Trace: {
        count: [1, 1],
        call: (self: PolicyContext, [message]) => {
          self.trace(textOrNull(message) ?? "");
          return null;
        },
      },
    },
  },
  {
    name: "Variables",
    namespace: "",
    bases: ["IEnumerable"],
    holds: (value) => value instanceof NetDictionary && value.typeName === "Variables",
    element: () => ref("KeyValuePair<string, object>"),
    properties: { Count: { type: "int", get: (self: NetDictionary) => self.size } },
    indexer: { type: "object", get: (self: NetDictionary, key) => self.get(key) },
    methods: {
      ContainsKey: { type: "bool", count: [1, 1], call: (self: NetDictionary, [key]) => self.has(key) },
      TryGetValue: {
        type: "bool",
        count: [2, 2],
        call: (self: NetDictionary, [key, result]) => {
          const found = self.has(key);
          out(result).set(found ? self.find(key) : null);
          return found;
        },
      },
      GetValueOrDefault: {
        type: (_, { typeArguments, argumentTypes }) => typeArguments[0] ?? argumentTypes[1] ?? ref("object"),
        count: [1, 2],
        parameters: ["variableName", "defaultValue"],
        call: (self: NetDictionary, args, { typeArguments, cast }) => {
          const [type] = typeArguments;
          const [key, fallback] = args;
          if (!self.has(key)) return args.length > 1 ? fallback : defaultOf(type);
          return type ? cast(self.find(key), type) : self.find(key);
        },
      },
    },
  },
  record("IApi", {
    Id: "string",
    Name: "string",
    Path: "string",
    ServiceUrl: "IUrl",
    IsCurrentRevision: "bool",
    Revision: "string",
    Version: "string",
  }),
  record("IOperation", { Id: "string", Name: "string", Method: "string", UrlTemplate: "string" }),
  record("IDeployment", {
    GatewayId: "string",
    Region: "string",
    ServiceId: "string",
    ServiceName: "string",
  }),
  record("ILastError", {
    Source: "string",
    Reason: "string",
    Message: "string",
    Scope: "string",
    Section: "string",
    Path: "string",
    PolicyId: "string",
  }),
  ...absent,
];

const ZEROS: Readonly<Record<string, unknown>> = { int: 0, long: 0n, bool: false };

function defaultOf(type: TypeRef | undefined): unknown {
  if (!type) return null;
  const zero = ZEROS[typeText(type)];
  return zero === undefined ? null : zero;
}
