import { type Check, findingsOf } from "../check.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { type Certificate, NetworkError } from "../network.ts";
import { bare, quote } from "../quote.ts";
import type { Visit } from "../visit.ts";

const DAY_MS = 86_400_000;
/** Managed certificates are renewed earlier than this; less time left means that renewal does not work. */
const EXPIRES_SOON_DAYS = 21;

const catalogue = {
  unreachable: {
    level: "error",
    means: "Nobody answers at the gateway's address",
    why: "No client can connect.",
  },
  "plain-http": {
    level: "error",
    means: "The gateway is addressed without TLS, and is not on this machine",
    why: "Codes and tokens could be read on the way; clients refuse it, and browsers keep no __Host- cookie.",
  },
  "certificate-untrusted": {
    level: "error",
    means: "The certificate is not trusted, or is another host's",
    why: "Clients end the connection before they have asked anything.",
  },
  "certificate-expired": {
    level: "error",
    means: "The certificate has ended",
    why: "Clients end the connection before they have asked anything.",
  },
  "certificate-ends-soon": {
    level: "warning",
    means: `The certificate ends within ${EXPIRES_SOON_DAYS} days`,
    why: "When it ends, nobody can connect.",
  },
  "tls-old": {
    level: "error",
    means: "The connection fell back to TLS 1.1 or older",
    why: "Its encryption is broken, and clients refuse it.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** When the gateway answered, by both clocks; milliseconds since 1970. */
export interface Contact {
  /** The answer's `Date`; undefined when it has none. */
  readonly theirs: number | undefined;
  /** The middle of the request. */
  readonly ours: number;
}

/** The gateway answers, over TLS that clients trust. */
export const connection: Check<Contact> = {
  name: "connection",
  title: "Connection and TLS",
  needs: [],
  catalogue,
  async examine(_, visit) {
    const https = visit.origin.startsWith("https:");
    if (!https && !visit.local) {
      const mend = [`npm run doctor -- ${visit.mcpUrl.replace(/^http:/i, "https:")}`];
      return { findings: [find("plain-http", { what: `${visit.origin} has no TLS.`, mend })] };
    }
    try {
      const shown = https ? await visit.network.certificate(visit.origin) : undefined;
      const findings = shown ? certificateFindings(shown, visit.now()) : [];
      if (findings.some(({ level }) => level === "error")) return { findings };
      const fine = shown
        ? `${shown.protocol}, certificate until ${day(shown.validTo)}`
        : "plain http, as it may be on this machine";
      return { findings, fine, result: await contact(visit) };
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      return { findings: [unreachable(visit, error)] };
    }
  },
};

async function contact({ network, origin, path, now }: Visit): Promise<Contact> {
  const asked = now();
  const { headers } = await network.ask(`${origin}/.well-known/oauth-protected-resource${path}`);
  const theirs = Date.parse(headers.get("date") ?? "");
  return { theirs: Number.isNaN(theirs) ? undefined : theirs, ours: (asked + now()) / 2 };
}

function unreachable(visit: Visit, error: NetworkError): Finding {
  return find("unreachable", {
    what: `${visit.origin}: ${error.message}.`,
    mend: visit.local
      ? ["npm start"]
      : [
          "Compare the address with the MCP URLs in `azd env get-values`.",
          'az apim list --query "[].{name:name, url:gatewayUrl, state:provisioningState, access:publicNetworkAccess}" --output table',
        ],
  });
}

const SHOW_DOMAINS =
  'az apim show --name <API Management> --resource-group <resource group> --query "hostnameConfigurations[].{host:hostName, source:certificateSource, ends:certificate.expiry}" --output table';

function certificateFindings(shown: Certificate, now: number): Finding[] {
  const { fault, subject, issuer, validTo, protocol } = shown;
  if (validTo <= now) {
    const what = `The certificate of ${quote(subject)} ended on ${day(validTo)}.`;
    return [find("certificate-expired", { what, mend: [SHOW_DOMAINS] })];
  }
  if (fault) {
    const what = `The certificate of ${quote(subject)}, issued by ${quote(issuer)}, is not trusted (${bare(fault)}).`;
    const mend = [
      "Where your organization opens TLS with a certificate of its own, let Node trust the system's: NODE_USE_SYSTEM_CA=1 in the environment.",
      SHOW_DOMAINS,
    ];
    return [find("certificate-untrusted", { what, mend })];
  }
  if (!/^TLSv1\.[23]$/.test(protocol)) {
    return [find("tls-old", { what: `The connection uses ${quote(protocol)}.`, mend: ["azd provision"] })];
  }
  if (validTo - now < EXPIRES_SOON_DAYS * DAY_MS) {
    const what = `The certificate ends on ${day(validTo)}.`;
    return [find("certificate-ends-soon", { what, mend: [SHOW_DOMAINS] })];
  }
  return [];
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
