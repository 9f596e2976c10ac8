import { routes } from "../../functions/authorization-server/contract.ts";
import { type Check, findingsOf } from "../check.ts";
import { deploy, provision, readLog } from "../commands.ts";
import { parseObject } from "../documents.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { bare } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";

const PATH = routes["health-client-documents"].path;

const catalogue = {
  "client-document-missing": {
    level: "error",
    means: "A known client's document cannot be reached from the app, and nothing serves in its place",
    why: "Nobody can sign in with this client: it names itself by its document because the metadata offers that, and most clients do not register instead.",
  },
  "client-document-faulty": {
    level: "warning",
    means: "A known client's host says that its document is gone, or serves a faulty one",
    why: "Nobody can sign in with this client until its vendor repairs the document, or a newer version of the client names another one.",
  },
  "client-document-listed": {
    level: "info",
    means: "A known client's document cannot be reached from the app; the list in this release serves",
    why: "People sign in with this client, but a change of its document is not seen. A client that is not on the list cannot sign in with a document at the same host.",
  },
  "client-documents-unknown": {
    level: "warning",
    means: "The authorization server does not say whether it reaches clients' documents",
    why: "A client whose document cannot be fetched locks its people out, and shows it to nobody but them.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

interface KnownClient {
  readonly client_id: string;
  readonly client_name: string;
  readonly from?: string;
  readonly problem?: string;
}

/** The app reaches the documents by which common clients name themselves. Only the app can tell, and it does. */
export const clientDocuments: Check = {
  name: "client-documents",
  title: "Clients' documents",
  needs: [authorizationServerMetadata],
  catalogue,
  async examine(given, visit) {
    const { members } = given(authorizationServerMetadata).document;
    if (members["client_id_metadata_document_supported"] !== true) {
      return { findings: [], fine: "not offered; clients register" };
    }
    const answer = await visit.network.ask(`${visit.origin}${PATH}`);
    const clients = answer.status === 200 ? knownClients(answer.body) : undefined;
    if (!clients) {
      const mend = [
        ...readLog(visit, answer.headers.get("x-correlation-id")),
        provision(visit),
        deploy(visit),
      ];
      return {
        findings: [find("client-documents-unknown", { what: `${PATH} answers ${answer.status}.`, mend })],
      };
    }
    const read = clients.filter(({ problem }) => problem === undefined).length;
    return {
      findings: findingsOfClients(visit, clients),
      fine: `${read} of ${clients.length} known ones can be read`,
    };
  },
};

function findingsOfClients(visit: Visit, clients: readonly KnownClient[]): Finding[] {
  const some = (
    code: keyof typeof catalogue,
    theirs: readonly KnownClient[],
    says: string,
    mend: string[],
  ) => (theirs.length === 0 ? [] : [find(code, { what: `${says}: ${theirs.map(named).join(", ")}.`, mend })]);
  const unreachable = clients.filter(({ problem }) => problem === "unreachable");
  const missing = unreachable.filter(({ from }) => from === undefined);
  const listed = unreachable.filter(({ from }) => from !== undefined);
  const faulty = clients.filter(({ problem }) => problem === "faulty");
  return [
    ...some("client-document-missing", missing, "Out of reach", [
      ...reach(missing),
      "clientDocuments.knownClients: true, for the list in this release;",
      "clientDocuments.advertise: false, so that clients register.",
      provision(visit),
    ]),
    ...some("client-document-faulty", faulty, "Gone or faulty", [
      "Open the address in a browser, and update the client.",
      "Where the document is right there, something on the way changes it: enter it in clientDocuments.copies of gateway.config.ts.",
      provision(visit),
    ]),
    ...some("client-document-listed", listed, "Out of reach, and served from the list", [
      ...reach(listed),
      provision(visit),
    ]),
  ];
}

/** What lets the app have a document. */
function reach(clients: readonly KnownClient[]): string[] {
  const hosts = new Set(clients.map(({ client_id }) => URL.parse(client_id)?.hostname ?? bare(client_id)));
  return [
    `Let the authorization server's app reach port 443 of ${[...hosts].join(", ")}; or set one of these in gateway.config.ts:`,
    "clientDocuments.proxy, an outbound proxy that may reach them;",
    "clientDocuments.copies, the documents themselves;",
  ];
}

const named = ({ client_name, client_id }: KnownClient) => `${bare(client_name)} (${bare(client_id)})`;

function knownClients(body: string): readonly KnownClient[] | undefined {
  const clients = parseObject(body)?.["known_clients"];
  return Array.isArray(clients) && clients.every(isKnownClient) ? clients : undefined;
}

function isKnownClient(value: unknown): value is KnownClient {
  const { client_id, client_name } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof client_id === "string" && typeof client_name === "string";
}
