import { aadstsIn } from "../../config/rules/entra-causes.ts";
import { type Check, findingsOf } from "../check.ts";
import { provision, readLog } from "../commands.ts";
import { mendRefusal, refusalCatalogue, refusalCode } from "../entra/refusals.ts";
import type { Catalogue } from "../finding.ts";
import { quote } from "../quote.ts";
import { consent } from "./consent.ts";

const catalogue = {
  ...refusalCatalogue,
  "identity-unavailable": {
    level: "error",
    means: "The authorization server cannot get its managed identity's token, or does not reach Entra",
    why: "Every sign-in fails at its last step.",
  },
  "answer-refused": {
    level: "error",
    means: "The form with which Entra's page answers is not taken at /callback, or its cookie is lost",
    why: "Nobody can sign in. Entra posts its answer from another site; something between may block that, or strip Sec-Fetch-Dest or Set-Cookie.",
  },
  "callback-unclear": {
    level: "warning",
    means: "/callback answers in a way that the doctor does not know",
    why: "Whether Entra accepts the gateway's credential cannot be told from here.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** As long as the longest code of Entra's that was reported. */
const LONGEST_CODE = 2319;

const ALLOW_FORM =
  "What stands before the gateway (Front Door, a firewall) has to let forms of other sites through to /callback, with their headers:";

/**
 * Entra accepts the gateway's own credential. The doctor comes back from Entra with a code that Entra never issued, in
 * the browser that approved: the authorization server has to authenticate to Entra to learn that the code is bad.
 */
export const gatewayCredential: Check<true> = {
  name: "gateway-credential",
  title: "Gateway's credential at Entra",
  needs: [consent],
  catalogue,
  async examine(given, visit) {
    const { browser, request } = given(consent);
    const state = request.url.searchParams.get("state") ?? "";
    const { posted, followed } = await browser.bringAnswer(
      `${visit.origin}/callback`,
      { code: "made-up-by-the-doctor".padEnd(LONGEST_CODE, "-"), state, session_state: "none" },
      request.url.origin,
    );
    const { status, headers, url } = followed ?? posted;
    const log = readLog(visit, headers.get("x-correlation-id"));
    if (
      status < 500 &&
      (!followed || !posted.headers.getSetCookie().some((each) => each.startsWith("__Host-")))
    ) {
      const what = `The form from ${request.url.origin} gets ${posted.status}${followed ? ", without a cookie" : ""}.`;
      return { findings: [find("answer-refused", { what, mend: [ALLOW_FORM, ...log] })] };
    }
    const answer = URL.parse(headers.get("location") ?? "", url)?.searchParams;
    const error = answer?.get("error");
    const aadsts = aadstsIn(answer?.get("error_description") ?? "");
    if (aadsts) {
      const code = refusalCode(aadsts);
      const what = `Entra refuses the gateway itself with ${aadsts}.`;
      return {
        findings: [find(code, { what, mend: [...mendRefusal(visit, code, aadsts, request), ...log] })],
      };
    }
    if (error === "temporarily_unavailable" || error === "server_error" || status >= 500) {
      const mend = [
        "The setting MANAGED_IDENTITY_CLIENT_ID has to be the identity's client ID, and not its principal (object) ID:",
        'az identity list --resource-group <resource group> --query "[].{name:name, clientId:clientId, principalId:principalId}" --output table',
        "az functionapp identity show --name <authorization server> --resource-group <resource group>",
        provision(visit),
        ...log,
      ];
      const what = `/callback answers ${status} ${quote(error ?? "without an error code")}.`;
      return { findings: [find("identity-unavailable", { what, mend })] };
    }
    if (error !== "access_denied") {
      const what = `A made-up code gets ${status} ${quote(error ?? "without an error code")}.`;
      return { findings: [find("callback-unclear", { what, mend: log })], result: true };
    }
    const fine = "Entra refused a made-up code, and nothing about the credential; --sign-in proves it";
    return { findings: [], fine, result: true };
  },
};
