import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** A request on its way through the door. */
export interface PassingRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

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

/** A fault under way. */
export interface Trouble {
  /** How many requests have met it. */
  readonly met: number;
  end(): void;
}

/** Stands before a component that speaks plain HTTP. It passes everything on, but for what meets a fault. */
export interface FaultyDoor {
  /** `http://127.0.0.1:<port>`, from the start. */
  readonly url: string;
  /** Says what it stands before. */
  leadTo(url: string): void;
  /**
   * @param meets which requests
   * @param times how many of them at most; all until it is ended when left out
   */
  trouble(fault: Fault, meets: (request: PassingRequest) => boolean, times?: number): Trouble;
  stop(): Promise<void>;
}

interface Rule {
  readonly fault: Fault;
  readonly meets: (request: PassingRequest) => boolean;
  readonly times: number;
  met: number;
}

/** One for all requests, each of which ends with it. */
const CLOSED = new Error("the connection is closed");

/** Opens a door on loopback. Requests and answers are passed on whole. */
export async function openFaultyDoor(): Promise<FaultyDoor> {
  const rules = new Set<Rule>();
  let target: URL | undefined;
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort(CLOSED));
    const body = await buffer(incoming);
    const { method = "GET", url: path = "/", headers } = incoming;
    const passing = { method, path, headers, body: body.toString("utf8") };
    const rule = [...rules].find(({ meets, met, times }) => met < times && meets(passing));
    if (rule) rule.met++;
    const fault = rule?.fault;
    if (fault?.kind === "silent") return;
    if (fault?.kind === "hangs-up") {
      outgoing.destroy();
      return;
    }
    if (fault?.kind === "answers") {
      outgoing
        .writeHead(fault.status, { "content-type": fault.type ?? "application/json" })
        .end(fault.body ?? "{}");
      return;
    }
    if (fault?.kind === "slow") await sleep(fault.milliseconds, undefined, { signal: gone.signal });
    if (!target) throw new Error("the door leads nowhere");
    const onwards = request(new URL(path, target), {
      method,
      headers: { ...headers, host: target.host },
      agent: false,
    });
    onwards.end(body);
    const [answer] = (await once(onwards, "response")) as [IncomingMessage];
    const answered = await buffer(answer);
    if (fault?.kind === "loses-answer") {
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, wholeHeaders(answer.rawHeaders)).end(answered);
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo(url) {
      target = new URL(url);
    },
    trouble(fault, meets, times = Number.POSITIVE_INFINITY) {
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

/** A kept connection that breaks is tried again by some clients and not by others, so none is kept. */
function wholeHeaders(raw: readonly string[]): string[] {
  const headers = ["connection", "close"];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (!/^(connection|keep-alive|transfer-encoding)$/i.test(name)) headers.push(name, raw[index + 1] ?? "");
  }
  return headers;
}
