import { Session } from "node:inspector/promises";

/** Milliseconds by where they were spent: a package, a folder of this project, or Node itself. */
export type ProfileOfPlaces = Readonly<Record<string, number>>;

const SAMPLE_MICROSECONDS = 200;
/** Waiting; V8 does not tell some of it from work outside of JavaScript. */
const NOT_OURS = new Set(["(idle)", "(program)"]);

/** V8's sampling profiler, in the process that it looks at. */
export class Profiler {
  readonly #session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.setSamplingInterval", { interval: SAMPLE_MICROSECONDS });
    await this.#session.post("Profiler.start");
  }

  async stop(): Promise<ProfileOfPlaces> {
    const { profile } = await this.#session.post("Profiler.stop");
    this.#session.disconnect();
    const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
    const places: Record<string, number> = {};
    const { samples = [], timeDeltas = [] } = profile;
    for (const [index, sample] of samples.entries()) {
      const frame = frames.get(sample);
      if (!frame || NOT_OURS.has(frame.functionName) || frame.url === "node:inspector") continue;
      const place = placeOf(frame);
      places[place] = (places[place] ?? 0) + (timeDeltas[index] ?? 0) / 1000;
    }
    return places;
  }
}

function placeOf({ url, functionName }: { url: string; functionName: string }): string {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (url === "") return "native code";
  if (url.startsWith("node:")) return url.replace(/^(node:internal\/[^/]+|node:[^/]+).*$/, "$1");
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (inPackage !== undefined) return inPackage;
  return /\/(functions\/[^/]+\/[^/]+|bench\/servers|config)\b/.exec(url)?.[1] ?? "elsewhere";
}
