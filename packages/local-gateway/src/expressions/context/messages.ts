import { NetDictionary } from "../collections.ts";
import type { TypeDefinition } from "../types/definition.ts";
import { NetObject } from "../values.ts";
import type { MessageBody } from "./body.ts";
import { HttpHeaders } from "./headers.ts";
import type { Url } from "./url.ts";

/** IRequest: the request on its way to the backend, as the policies have changed it so far. */
export class HttpRequest extends NetObject {
  readonly typeName = "IRequest";
  method: string;
  url: Url;
  readonly originalUrl: Url;
  headers: HttpHeaders;
  readonly ipAddress: string;
  readonly matchedParameters: NetDictionary;
  body: MessageBody | null;

  constructor(parts: {
    readonly method: string;
    readonly url: Url;
    readonly originalUrl: Url;
    readonly headers: HttpHeaders;
    readonly ipAddress: string;
    readonly matchedParameters: ReadonlyMap<string, string>;
    readonly body: MessageBody | null;
  }) {
    super();
    this.method = parts.method;
    this.url = parts.url;
    this.originalUrl = parts.originalUrl;
    this.headers = parts.headers;
    this.ipAddress = parts.ipAddress;
    this.matchedParameters = new NetDictionary(parts.matchedParameters);
    this.body = parts.body;
  }
}

/** IResponse: what goes back to the client, or what `send-request` got. */
export class HttpResponse extends NetObject {
  readonly typeName = "IResponse";
  statusCode: number;
  statusReason: string;
  headers: HttpHeaders;
  body: MessageBody;

  constructor(
    statusCode: number,
    statusReason: string,
    body: MessageBody,
    headers: HttpHeaders = new HttpHeaders(),
  ) {
    super();
    this.statusCode = statusCode;
    this.statusReason = statusReason;
    this.headers = headers;
    this.body = body;
  }
}

export const messageTypes: readonly TypeDefinition[] = [
  {
    name: "IRequest",
    namespace: "",
    holds: (value) => value instanceof HttpRequest,
    properties: {
      Body: { type: "IMessageBody", get: (self: HttpRequest) => self.body },
      Headers: { type: "StringValues", get: (self: HttpRequest) => self.headers },
      IpAddress: { type: "string", get: (self: HttpRequest) => self.ipAddress },
      MatchedParameters: {
        type: "Dictionary<string, string>",
        get: (self: HttpRequest) => self.matchedParameters,
      },
      Method: { type: "string", get: (self: HttpRequest) => self.method },
      OriginalUrl: { type: "IUrl", get: (self: HttpRequest) => self.originalUrl },
      Url: { type: "IUrl", get: (self: HttpRequest) => self.url },
      Certificate: { type: "object", get: () => null },
    },
  },
  {
    name: "IResponse",
    namespace: "",
    holds: (value) => value instanceof HttpResponse,
    properties: {
      Body: { type: "IMessageBody", get: (self: HttpResponse) => self.body },
      Headers: { type: "StringValues", get: (self: HttpResponse) => self.headers },
      StatusCode: { type: "int", get: (self: HttpResponse) => self.statusCode },
      StatusReason: { type: "string", get: (self: HttpResponse) => self.statusReason },
    },
  },
];
