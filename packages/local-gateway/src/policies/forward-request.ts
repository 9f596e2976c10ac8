import { PolicyFailure } from "../errors.ts";
import { MessageBody } from "../expressions/context/body.ts";
import type { HttpHeaders } from "../expressions/context/headers.ts";
import { inBlocks } from "../pipeline/blocks.ts";
import { send } from "../pipeline/http-client.ts";
import { BUFFERED_BODY_LIMIT } from "../pipeline/limits.ts";
import type { PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Seconds to wait for the backend's response head. */
const DEFAULT_TIMEOUT = 300;

const notNegative = (value: number) => (value >= 0 ? undefined : `is ${value}; it cannot be negative`);

/** Sends the request to the backend. */
export const forwardRequest: PolicyElement = {
  name: "forward-request",
  sections: ["backend"],
  attributes: {
    timeout: false,
    "timeout-ms": false,
    "follow-redirects": false,
    "buffer-request-body": false,
    "buffer-response": false,
    "fail-on-error-status-code": false,
    "http-version": false,
  },
  children: {},
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const timeout = reader.int("timeout", DEFAULT_TIMEOUT, notNegative);
    const timeoutMs = reader.int("timeout-ms", undefined, notNegative);
    if (reader.has("timeout") && reader.has("timeout-ms")) {
      compiler.fail(reader.position("timeout-ms"), "timeout and timeout-ms cannot stand together");
    }
    const followRedirects = reader.bool("follow-redirects", false);
    const bufferRequest = reader.constantBool("buffer-request-body", false);
    const bufferResponse = reader.constantBool("buffer-response", true);
    const failOnError = reader.constantBool("fail-on-error-status-code", false);
    const version = reader.constantText("http-version", "1");
    if (!["1", "2", "2or1"].includes(version))
      compiler.fail(reader.position("http-version"), '"http-version" can be 1, 2 or 2or1');
    return {
      run: async (exchange) => {
        const { context, signal } = exchange;
        const { request } = context;
        if (bufferRequest) await request.body?.buffer(BUFFERED_BODY_LIMIT);
        const headers = request.headers.copy();
        addForwardedFor(headers, request.ipAddress);
        const response = await send({
          url: new URL(request.url.toText()),
          method: request.method,
          headers,
          body: request.body?.take() ?? null,
          timeoutMs: timeoutMs(exchange) ?? timeout(exchange) * 1000,
          signal,
          followRedirects: followRedirects(exchange),
        });
        context.response?.body.discard();
        const content = response.body.take();
        if (bufferResponse && !(content instanceof Uint8Array))
          response.body = new MessageBody(inBlocks(content));
        else response.body = new MessageBody(content);
        context.response = response;
        if (failOnError && response.statusCode >= 400) {
          throw new PolicyFailure("BackendErrorStatusCode", `The backend answered ${response.statusCode}.`, {
            keepsResponse: true,
          });
        }
      },
    };
  },
};

function addForwardedFor(headers: HttpHeaders, address: string): void {
  const before = headers.text("x-forwarded-for");
  headers.set("X-Forwarded-For", [before === undefined ? address : `${before}, ${address}`]);
}
