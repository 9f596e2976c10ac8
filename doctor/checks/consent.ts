import type { BrowserSession } from "../browser-session.ts";
import { type Check, findingsOf } from "../check.ts";
import { provision, readLog } from "../commands.ts";
import { isAuthority } from "../entra/authority.ts";
import { type EntraRequest, readEntraRequest } from "../entra/request.ts";
import type { Catalogue, Finding } from "../finding.ts";
import type { Answer } from "../network.ts";
import { bare, quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { consentPage } from "./consent-page.ts";

const ANOTHER_SITE = "https://attacker.example";

const catalogue = {
  "consent-from-elsewhere": {
    level: "error",
    means: "The form is accepted from another site",
    why: "Another site could approve in a person's name (cross-site request forgery).",
  },
  "consent-blocked": {
    level: "error",
    means: "The form is refused when a browser sends it from the page itself",
    why: "Nobody can sign in. Origin, Sec-Fetch-Site or the cookie does not reach the app, or the app takes another origin for its own.",
  },
  "consent-fails": {
    level: "error",
    means: "Sending the form ends in a server error",
    why: "Nobody can sign in.",
  },
  "consent-leads-elsewhere": {
    level: "error",
    means: "After the person has approved, the browser is not sent to Entra",
    why: "Nobody can sign in with Entra; at another host, people would type their passwords into somebody else's page.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

export interface Approval {
  /** Has the cookie of the sign-in that was begun. */
  readonly browser: BrowserSession;
  readonly request: EntraRequest;
}

/** Approving on the page leads to Entra, and only from the page. */
export const consent: Check<Approval> = {
  name: "consent",
  title: "Consent form",
  needs: [consentPage],
  catalogue,
  async examine(given, visit) {
    const { browser, form } = given(consentPage);
    const fields = { ...form.fields, decision: "allow" };
    const forged = await browser.submit(form.action, fields, ANOTHER_SITE);
    const findings: Finding[] = [];
    const isTaken = forged.status < 400;
    if (isTaken) {
      const what = `Sent from ${ANOTHER_SITE}, the form answers ${forged.status}.`;
      findings.push(find("consent-from-elsewhere", { what, mend: ["azd deploy"] }));
    }
    // A page decides once: where the forged form was accepted, its answer is the page's.
    const answer = isTaken ? forged : await browser.submit(form.action, fields, visit.origin);
    const location = URL.parse(answer.headers.get("location") ?? "", answer.url);
    if (answer.status < 300 || answer.status >= 400 || !location) {
      return { findings: [...findings, refusal(visit, answer)] };
    }
    if (!isAuthority(location, visit)) return { findings: [...findings, elsewhere(visit, location)] };
    return {
      findings,
      fine: `leads to ${location.origin}`,
      result: { browser, request: readEntraRequest(location) },
    };
  },
};

function refusal(visit: Visit, { status, headers, body }: Answer): Finding {
  const log = readLog(visit, headers.get("x-correlation-id"));
  if (status >= 500) return find("consent-fails", { what: `The form answers ${status}.`, mend: log });
  const says = /<p[^>]*>([^<]{20,})/i.exec(body)?.[1] ?? "";
  return find("consent-blocked", {
    what: `The form answers ${status}: ${quote(says)}.`,
    mend: [
      `Whatever stands before the gateway has to pass Cookie, Origin and Sec-Fetch-Site through, and people have to use ${visit.origin}.`,
      ...log,
    ],
  });
}

function elsewhere(visit: Visit, location: URL): Finding {
  const error = location.searchParams.get("error");
  return find("consent-leads-elsewhere", {
    what: `The browser is sent to ${bare(location.origin)}${error ? `, with error ${quote(error)}` : ""}.`,
    mend: [
      "The setting ENTRA_AUTHORITY_HOST must not be set; AZURE_CLOUD, where it is set, says whose sign-in host it is:",
      "az functionapp config appsettings list --name <authorization server> --resource-group <resource group> --query \"[?name=='ENTRA_AUTHORITY_HOST' || name=='AZURE_CLOUD']\" --output table",
      provision(visit),
    ],
  });
}
