import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** A request on its way through the proxy. */
export interface PassingRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PassingAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** Changes requests or answers, or answers in the component's place. */
export type Interceptor = (
  request: PassingRequest,
  forward: (request: PassingRequest) => Promise<PassingAnswer>,
) => Promise<PassingAnswer>;

/** What can go wrong on the way to a component. */
export type Fault =
  /** Passes the request on that much later. */
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** Passes nothing on, and answers nothing. */
  | { readonly kind: "silent" }
  /** Answers in the component's place. */
  | { readonly kind: "answers"; readonly status: number; readonly type?: string; readonly body?: string }
  /** Passes nothing on, and hangs up. */
  | { readonly kind: "hangs-up" }
  /** Passes the request on, and hangs up when the component has answered. */
  | { readonly kind: "loses-answer" };

/** A fault that has begun. */
export interface ActiveFault {
  /** How many requests have met it. */
  readonly met: number;
  end(): void;
}

/** A proxy in front of a component that speaks plain HTTP. It passes everything on, unless a test disturbs it. */
export interface FaultProxy {
  /** From the start. */
  readonly url: string;
  /** Names the component. */
  forwardTo(url: string): void;
  /** Handles every request from now on; undefined lets everything pass again. */
  intercept(interceptor: Interceptor | undefined): void;
  /**
   * Begins a fault.
   *
   * @param meets which requests
   * @param times how many of them at most; all until it ends when left out
   */
  begin(fault: Fault, meets: (request: PassingRequest) => boolean, times?: number): ActiveFault;
  stop(): Promise<void>;
}

interface Rule {
  readonly fault: Fault;
  readonly meets: (request: PassingRequest) => boolean;
  readonly times: number;
  met: number;
}

const pass: Interceptor = (passing, forward) => forward(passing);

/** One for all requests, each of which ends with it. */
const CLOSED = new Error("the connection is closed");

/**
 * Starts a proxy on loopback.
 *
 * @param options.isOrigin callers know the component by the proxy's URL: it is at `localhost`, and passes on their `Host`
 */
export async function startFaultProxy({ isOrigin = false } = {}): Promise<FaultProxy> {
  const rules = new Set<Rule>();
  let interceptor = pass;
  let target: URL | undefined;
  const forward = (passing: PassingRequest) => send(passing, target, isOrigin);
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort(CLOSED));
    const { method = "GET", url: path = "/", headers } = incoming;
    const passing = { method, path, headers, body: await text(incoming) };
    const rule = [...rules].find(({ meets, met, times }) => met < times && meets(passing));
    if (rule) rule.met++;
    const fault = rule?.fault;
    switch (fault?.kind) {
      case "silent":
        return;
      case "hangs-up":
        outgoing.destroy();
        return;
      case "answers":
        outgoing
          .writeHead(fault.status, { "content-type": fault.type ?? "application/json" })
          .end(fault.body ?? "{}");
        return;
      case "slow":
        await sleep(fault.milliseconds, undefined, { signal: gone.signal });
    }
    const { status, headers: fields, body } = await interceptor(passing, forward);
    if (fault?.kind === "loses-answer") outgoing.destroy();
    else outgoing.writeHead(status, fields).end(body);
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://${isOrigin ? "localhost" : "127.0.0.1"}:${(server.address() as AddressInfo).port}`,
    forwardTo(url) {
      target = new URL(url);
    },
    intercept(next) {
      interceptor = next ?? pass;
    },
    begin(fault, meets, times = Number.POSITIVE_INFINITY) {
      const rule: Rule = { fault, meets, times, met: 0 };
      rules.add(rule);
      return {
        get met() {
          return rule.met;
        },
        end: () => void rules.delete(rule),
      };
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function send(
  { method, path, headers, body }: PassingRequest,
  target: URL | undefined,
  isOrigin: boolean,
): Promise<PassingAnswer> {
  if (!target) throw new Error("the proxy forwards to nothing");
  const onwards = request(new URL(path, target), {
    method,
    headers: isOrigin ? headers : { ...headers, host: target.host },
    agent: false,
  });
  onwards.end(body);
  const [answer] = (await once(onwards, "response")) as [IncomingMessage];
  return {
    status: answer.statusCode ?? 502,
    headers: ofWholeAnswer(answer.headersDistinct),
    body: await text(answer),
  };
}

/** The answer is sent whole. Some clients retry on a kept connection that breaks and others do not, so none is kept. */
function ofWholeAnswer(fields: NodeJS.Dict<string[]>): OutgoingHttpHeaders {
  const kept = Object.entries(fields)
    .filter(([name]) => !/^(connection|content-length|keep-alive|transfer-encoding)$/.test(name))
    .map(([name, values = []]) => [name, values.length === 1 ? values[0] : values]);
  return { ...Object.fromEntries(kept), connection: "close" };
}
