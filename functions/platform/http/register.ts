import {
  app,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from "@azure/functions";
import { CALLER_ADDRESS_HEADER, networkOf } from "../caller-network.ts";
import type { Call, Endpoint } from "../endpoint.ts";
import { describeError, invocationLog } from "../invocation-log.ts";
import { takeWhatTheHostTakes } from "./header-limit.ts";
import { connectionOf } from "./host-connections.ts";
import { guardInvocations } from "./programming-model.ts";
import { correlationIdOf, headersOf, toRequest } from "./request.ts";
import { toResponseInit } from "./response.ts";

/** Switches HTTP streaming on for the whole app; before the first {@link httpFunction}. */
export function enableHttpStreams(): void {
  takeWhatTheHostTakes();
  app.setup({ enableHttpStream: true });
}

/**
 * Registers an endpoint as an HTTP-triggered function of this app, open to everyone: endpoints check their callers.
 * Bodies stream both ways. A caller that goes away aborts the request's signal and cancels the response's body.
 *
 * The call's correlation ID is the request's `X-Correlation-Id` where that is 8 to 64 of A-Z, a-z, 0-9, _ and -,
 * otherwise the invocation's ID; every response carries it. An endpoint that throws answers 500 `server_error`.
 *
 * @param name of the function, as it stands in Azure
 * @param options.route ASP.NET route template without a leading slash, below host.json's `routePrefix`
 */
export function httpFunction(
  name: string,
  options: { methods: HttpMethod[]; route: string; endpoint: Endpoint },
): void {
  app.http(name, {
    authLevel: "anonymous",
    methods: options.methods,
    route: options.route,
    handler: (request, context) => answer(name, options.endpoint, request, context),
  });
  guardInvocations();
}

async function answer(
  name: string,
  endpoint: Endpoint,
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const started = performance.now();
  const connection = connectionOf(context.invocationId);
  const headers = headersOf(request, connection);
  const correlationId = correlationIdOf(headers, context);
  const invocation = invocationLog(context, correlationId);
  const network = networkOf(headers.get(CALLER_ADDRESS_HEADER));
  const call: Call = { log: invocation.log, correlationId, network };

  const response = await respond(endpoint, toRequest(request, headers, connection), call);
  call.log("info", "request", {
    function: name,
    method: request.method,
    status: response.status,
    milliseconds: Math.round(performance.now() - started),
  });
  invocation.ended();
  return toResponseInit(response, call, connection);
}

async function respond(endpoint: Endpoint, request: Request, call: Call): Promise<Response> {
  try {
    return await endpoint(request, call);
  } catch (error) {
    call.log("error", "unexpected_error", describeError(error));
    return Response.json(
      { error: "server_error" },
      { status: 500, headers: { "Cache-Control": "no-store" } },
    );
  }
}
