import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What this host reads of an app's host.json. */
export interface HostJson {
  /** `extensions.http.routePrefix`; "api" where it is not set, as in Azure. */
  readonly routePrefix: string;
}

interface HostJsonFile {
  version?: string;
  extensions?: { http?: { routePrefix?: string } };
}

/**
 * @param folder of the app
 * @throws Error when the file is missing, is not JSON, or is not of version 2.0
 */
export async function readHostJson(folder: string): Promise<HostJson> {
  const file = join(folder, "host.json");
  let content: HostJsonFile;
  try {
    content = JSON.parse(await readFile(file, "utf8")) as HostJsonFile;
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (content.version !== "2.0") throw new Error(`${file}: version is not "2.0"`);
  return { routePrefix: content.extensions?.http?.routePrefix ?? "api" };
}
