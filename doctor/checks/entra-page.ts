import { aadstsIn } from "../../config/rules/entra-causes.ts";
import { BrowserSession, readForm } from "../browser-session.ts";
import { type Check, findingsOf } from "../check.ts";
import { isAuthority } from "../entra/authority.ts";
import { mendRefusal, refusalCatalogue, refusalCode } from "../entra/refusals.ts";
import type { EntraRequest } from "../entra/request.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { bare, quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { entraRequest } from "./entra-request.ts";

/** Entra hands a browser on to itself a few times, at most. */
const MOST_REDIRECTS = 5;

const catalogue = {
  ...refusalCatalogue,
  "entra-unclear": {
    level: "warning",
    means: "Entra shows neither its sign-in page nor an error that the doctor knows",
    why: "Whether people get to sign in cannot be told from here.",
  },
  "entra-home-realm": {
    level: "info",
    means: "Entra hands people on to another sign-in, such as the organization's own",
    why: "The doctor does not follow them there.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** Entra shows its sign-in page for the gateway's request. It judges consent, roles and some scopes only after that. */
export const entraPage: Check<EntraRequest> = {
  name: "entra-page",
  title: "Entra's sign-in page",
  needs: [entraRequest],
  catalogue,
  async examine(given, visit) {
    const request = given(entraRequest);
    const browser = new BrowserSession(visit.network);
    let url = request.url;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const answer = await browser.open(url.href, "cross-site");
      const { status, headers, body } = answer;
      const location = URL.parse(headers.get("location") ?? "", url.href);
      if (status < 300 || status >= 400 || !location) {
        const form = readForm(answer);
        return form && isWayBack(new URL(form.action), request)
          ? judgeAnswer(visit, request, form.fields)
          : judgePage(visit, request, status, body);
      }
      if (isWayBack(location, request)) {
        return judgeAnswer(visit, request, Object.fromEntries(location.searchParams));
      }
      if (!isAuthority(location, visit)) {
        const what = `Entra redirects to ${bare(location.origin)}.`;
        return { findings: [find("entra-home-realm", { what, mend: [] })], result: request };
      }
      url = location;
    }
    return { findings: [find("entra-unclear", { what: "Entra redirects in circles.", mend: [] })] };
  },
};

function judgePage(visit: Visit, request: EntraRequest, status: number, body: string) {
  // A sign-in page may mention numbers in its scripts; an error is the number with its sentence.
  const aadsts = aadstsIn(/AADSTS\d{3,9}\s*:/.exec(body)?.[0] ?? "");
  if (aadsts) return { findings: [refusal(visit, request, aadsts)] };
  if (status === 200) return { findings: [], fine: "shown, without an error", result: request };
  return { findings: [find("entra-unclear", { what: `Entra answers ${status}.`, mend: [] })] };
}

/** Entra's answer to the gateway, in its form or the query, can only be an error before anybody has signed in. */
function judgeAnswer(visit: Visit, request: EntraRequest, answer: Readonly<Record<string, string>>) {
  const aadsts = aadstsIn(answer["error_description"] ?? "");
  if (aadsts) return { findings: [refusal(visit, request, aadsts)] };
  const what = `Entra sends the browser back with ${quote(answer["error"] ?? "no error")}.`;
  return { findings: [find("entra-unclear", { what, mend: [] })] };
}

function isWayBack(location: URL, { redirectUri }: EntraRequest): boolean {
  const expected = URL.parse(redirectUri);
  return location.origin === expected?.origin && location.pathname === expected.pathname;
}

function refusal(visit: Visit, request: EntraRequest, aadsts: string): Finding {
  const code = refusalCode(aadsts);
  const what = `Entra says ${aadsts} about application ${quote(request.clientId)}, redirect URI ${quote(request.redirectUri)}, scope ${quote(request.scopes.join(" "))}, tenant ${quote(request.tenantId)}.`;
  return find(code, { what, mend: mendRefusal(visit, code, aadsts, request) });
}
