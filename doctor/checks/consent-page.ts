import { authorizationRequest } from "../authorization-request.ts";
import { BrowserSession, type Form, readForm } from "../browser-session.ts";
import { type Check, findingsOf } from "../check.ts";
import { provision, readLog } from "../commands.ts";
import { isAuthority } from "../entra/authority.ts";
import type { Catalogue, Finding } from "../finding.ts";
import type { Answer } from "../network.ts";
import { bare, quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";
import { challenge } from "./challenge.ts";
import { registration } from "./registration.ts";

const catalogue = {
  "authorize-fails": {
    level: "error",
    means: "/authorize answers with a server error",
    why: "Nobody can sign in.",
  },
  "authorize-refused": {
    level: "error",
    means: "/authorize refuses a client that has just registered",
    why: "Nobody can sign in with a client that registers itself.",
  },
  "authorize-redirected": {
    level: "error",
    means: "/authorize redirects to another host that is not Entra",
    why: "Whoever signs in would do so at a place that is not the gateway's.",
  },
  "consent-skipped": {
    level: "error",
    means: "/authorize goes on to Entra without asking the person",
    why: "An attacker's client could be signed in with one click, for Entra trusts the gateway (confused deputy).",
  },
  "consent-missing": {
    level: "error",
    means: "/authorize shows a page without the form to allow it",
    why: "Nobody can go on from there.",
  },
  "consent-cookie": {
    level: "error",
    means: "The page sets no __Host- cookie",
    why: "The form cannot be told from one that another site made up; browsers that lose the cookie cannot go on.",
  },
  "consent-framed": {
    level: "error",
    means: "Other sites may show the page in a frame",
    why: "A person could be made to click “allow” without seeing it.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

export interface ConsentPage {
  readonly browser: BrowserSession;
  readonly form: Form;
}

/** The page at /authorize that asks a person whether the client may go on. */
export const consentPage: Check<ConsentPage> = {
  name: "consent-page",
  title: "Consent page",
  needs: [authorizationServerMetadata, challenge, registration],
  catalogue,
  async examine(given, visit) {
    const { url } = await authorizationRequest(
      visit,
      given(authorizationServerMetadata),
      given(registration),
      given(challenge).scope,
    );
    const browser = new BrowserSession(visit.network);
    const answer = await browser.open(url);
    if (answer.status !== 200) return { findings: [refusal(visit, answer)] };
    const form = readForm(answer);
    if (!form || new URL(form.action).origin !== visit.origin) {
      const what = `The page ${form ? `sends its form to ${quote(new URL(form.action).origin)}` : "has no form"}.`;
      return { findings: [find("consent-missing", { what, mend: [provision(visit)] })] };
    }
    return {
      findings: pageFindings(visit, browser, answer),
      fine: "asks the person, in no frame, with a __Host- cookie",
      result: { browser, form },
    };
  },
};

function pageFindings(visit: Visit, browser: BrowserSession, { headers }: Answer): Finding[] {
  const mend = ["Something between strips the header; the app sets it:", provision(visit)];
  const framed =
    !/frame-ancestors\s+'none'/.test(headers.get("content-security-policy") ?? "") &&
    !/^deny$/i.test(headers.get("x-frame-options") ?? "");
  return [
    ...(browser.cookieNames.some((name) => name.startsWith("__Host-"))
      ? []
      : [find("consent-cookie", { what: "There is no __Host- cookie.", mend })]),
    ...(framed
      ? [find("consent-framed", { what: "Neither frame-ancestors nor X-Frame-Options is set.", mend })]
      : []),
  ];
}

function refusal(visit: Visit, { url, status, headers, body }: Answer): Finding {
  const log = readLog(visit, headers.get("x-correlation-id"));
  if (status >= 500) return find("authorize-fails", { what: `/authorize answers ${status}.`, mend: log });
  const location = URL.parse(headers.get("location") ?? "", url);
  if (status < 300 || status >= 400 || !location) {
    const title = /<h1[^>]*>([^<]*)/i.exec(body)?.[1] ?? "";
    return find("authorize-refused", { what: `/authorize answers ${status} ${quote(title)}.`, mend: log });
  }
  const error = location.searchParams.get("error");
  if (error) {
    const what = `/authorize sends the client ${quote(error)}: ${quote(location.searchParams.get("error_description"))}.`;
    return find("authorize-refused", { what, mend: log });
  }
  if (isAuthority(location, visit)) {
    const what = `/authorize redirects to ${location.origin} at once.`;
    return find("consent-skipped", { what, mend: ["azd deploy"] });
  }
  const what = `/authorize redirects to ${bare(location.origin)}.`;
  return find("authorize-redirected", { what, mend: ["azd env get-values", provision(visit)] });
}
