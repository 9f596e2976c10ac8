import http, { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A request on its way to what the spoiler stands before. */
export interface PassingRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface PassingAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** Breaks one thing: changes requests, answers, or answers by itself. */
export type Spoil = (
  request: PassingRequest,
  forward: (request: PassingRequest) => Promise<PassingAnswer>,
) => Promise<PassingAnswer>;

export interface Spoiler {
  /** `http://localhost:<port>` */
  readonly url: string;
  /** Sets what stands behind it. */
  target(url: string): void;
  /** Breaks something from now on; undefined lets everything pass as it is. */
  break(spoil: Spoil | undefined): void;
  stop(): Promise<void>;
}

/** Starts a proxy on loopback that passes everything on, but for one thing that it breaks. */
export async function startSpoiler(): Promise<Spoiler> {
  let target = "";
  let spoil: Spoil | undefined;
  const server = http.createServer(async (incoming, outgoing) => {
    try {
      const { method = "GET", url: path = "/", headers } = incoming;
      const request = { method, path, headers, body: await contentOf(incoming) };
      const answer = await (spoil ?? ((each, forward) => forward(each)))(request, (each) =>
        pass(target, each),
      );
      const { "transfer-encoding": _, "content-length": __, ...rest } = answer.headers;
      outgoing.writeHead(answer.status, rest).end(answer.body);
    } catch {
      outgoing.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    target: (url) => {
      target = url;
    },
    break: (next) => {
      spoil = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(target: string, { method, path, headers, body }: PassingRequest): Promise<PassingAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${target}${path}`, { method, headers }, async (answer) => {
      try {
        const content = (await contentOf(answer)).toString("utf8");
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: content });
      } catch (error) {
        reject(error);
      }
    });
    request.once("error", reject);
    request.end(body);
  });
}

/** Changes the answers to a path, whatever their query. */
export function answersAt(
  path: string,
  change: (answer: PassingAnswer, request: PassingRequest) => PassingAnswer,
): Spoil {
  return async (request, forward) => {
    const answer = await forward(request);
    return pathOf(request) === path ? change(answer, request) : answer;
  };
}

/** Changes members of the JSON documents at some paths; undefined takes a member out. */
export function documentsAt(paths: readonly string[], members: Readonly<Record<string, unknown>>): Spoil {
  return async (request, forward) => {
    const answer = await forward(request);
    if (!paths.includes(pathOf(request)) || request.method !== "GET") return answer;
    return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), ...members }) };
  };
}

/** Answers at a path in place of what stands behind. */
export function insteadAt(path: string, answer: Partial<PassingAnswer>): Spoil {
  return async (request, forward) =>
    pathOf(request) === path ? { status: 200, headers: {}, body: "", ...answer } : forward(request);
}

/** Changes the query of the URL that one path redirects to. */
export function redirectsAt(path: string, change: (location: URL) => void): Spoil {
  return answersAt(path, (answer) => {
    const location = URL.parse(String(answer.headers["location"] ?? ""));
    if (!location) return answer;
    change(location);
    return { ...answer, headers: { ...answer.headers, location: location.href } };
  });
}

/** Takes headers out of the answers at a path. */
export function withoutHeaders(path: string, ...names: readonly string[]): Spoil {
  return answersAt(path, (answer) => ({
    ...answer,
    headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !names.includes(name))),
  }));
}

function pathOf({ path }: PassingRequest): string {
  return path.split("?")[0] ?? path;
}

async function contentOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
