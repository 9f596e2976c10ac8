import type http from "node:http";
import { bodyOf, describeGateway, policies, stoppedAfterEach } from "./gateway.ts";

// What the tests of policy elements share: a backend that says what it saw, and policies that answer by themselves.

/** Answers with the request as it came. */
export const echo: http.RequestListener = async (request, response) => {
  const body = await bodyOf(request);
  response.setHeader("X-Backend", "1");
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
};

/** What {@link echo} answers. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A policy that answers with an expression's text. */
export const respond = (expression: string) =>
  `<return-response><set-body>@(${expression})</set-body></return-response>`;

/** The servers and gateways that one test file's tests start, and two shorter ways to them. */
export function startedPerTest() {
  const { backend, gateway } = stoppedAfterEach();
  return {
    backend,
    gateway,

    /** What the backend sees of a request that went through the policies. */
    async seenThrough(inbound: string, path = "/x", init: RequestInit = {}): Promise<Seen> {
      const server = await backend(echo);
      const { url } = await gateway(
        { "api.xml": policies({ inbound }) },
        describeGateway({ serviceUrl: `${server.url}/base` }),
      );
      return (await (await fetch(url + path, init)).json()) as Seen;
    },

    /** The text that an inbound section answers with. */
    async answer(inbound: string, init: RequestInit = {}, path = "/x"): Promise<string> {
      const { url } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}));
      return (await fetch(url + path, init)).text();
    },
  };
}
