import { z } from "zod";

/** One stored document and the container it is in. */
export interface StoredDocument {
  readonly container: string;
  readonly document: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 10_000;
const named = z.object({ id: z.string() });
const databases = z.object({ Databases: z.array(named) });
const containers = z.object({ DocumentCollections: z.array(named) });
const documents = z.object({ Documents: z.array(z.record(z.string(), z.unknown())) });

/**
 * Reads a whole account.
 *
 * @param url the account's endpoint
 * @param headers go with every request
 */
export async function storedDocuments(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<readonly StoredDocument[]> {
  const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const response = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`Cosmos DB answered ${response.status} to GET ${path}`);
    return schema.parse(await response.json());
  };
  const found: StoredDocument[] = [];
  for (const database of (await read("/dbs", databases)).Databases) {
    const path = `/dbs/${encodeURIComponent(database.id)}/colls`;
    for (const container of (await read(path, containers)).DocumentCollections) {
      const held = await read(`${path}/${encodeURIComponent(container.id)}/docs`, documents);
      found.push(...held.Documents.map((document) => ({ container: container.id, document })));
    }
  }
  return found;
}
