import { type Check, findingsOf } from "../check.ts";
import { provision, readLog } from "../commands.ts";
import { aadstsNumber, mendRefusal, refusalCatalogue, refusalCode } from "../entra/aadsts.ts";
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
  "callback-unclear": {
    level: "warning",
    means: "/callback answers in a way that the doctor does not know",
    why: "Whether Entra accepts the gateway's credential cannot be told from here.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

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
    const callback = new URL(`${visit.origin}/callback`);
    callback.search = new URLSearchParams({
      code: "made-up-by-the-doctor",
      state: request.url.searchParams.get("state") ?? "",
    }).toString();
    const { status, headers, url } = await browser.open(callback.href, "cross-site");
    const log = readLog(visit, headers.get("x-correlation-id"));
    const answer = URL.parse(headers.get("location") ?? "", url)?.searchParams;
    const error = answer?.get("error");
    const number = aadstsNumber(answer?.get("error_description") ?? "");
    if (number) {
      const code = refusalCode(number);
      const what = `Entra refuses the gateway itself with AADSTS${number}.`;
      return {
        findings: [find(code, { what, mend: [...mendRefusal(visit, code, number, request), ...log] })],
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
