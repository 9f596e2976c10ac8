import { exchangeAuthorization, OAuthError } from "@modelcontextprotocol/client";
import { clouds } from "../../config/clouds.ts";
import { aadstsIn } from "../../config/rules/entra-causes.ts";
import { type RefusalReason, refusalReason } from "../../functions/authorization-server/contract.ts";
import { authorizationRequest, type PendingAuthorization } from "../authorization-request.ts";
import { type Check, findingsOf } from "../check.ts";
import { argument, readLog } from "../commands.ts";
import { assignRole, mendRefusal, refusalCatalogue, refusalCode } from "../entra/refusals.ts";
import type { EntraRequest } from "../entra/request.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { quote } from "../quote.ts";
import { listenForRedirect } from "../redirect-listener.ts";
import type { Visit } from "../visit.ts";
import { type AuthorizationServer, authorizationServerMetadata } from "./authorization-server-metadata.ts";
import { challenge } from "./challenge.ts";
import { entraPage } from "./entra-page.ts";
import { gatewayCredential } from "./gateway-credential.ts";
import { registration } from "./registration.ts";

const catalogue = {
  ...refusalCatalogue,
  "sign-in-unfinished": {
    level: "error",
    means: "Nobody came back from the sign-in in time",
    why: "Either nobody signed in, or the browser stands at an error that leads nowhere.",
  },
  "sign-in-declined": {
    level: "warning",
    means: "The person declined, or cancelled at Entra",
    why: "The rest could not be checked.",
  },
  "role-missing": {
    level: "error",
    means: "The person has none of the roles that the MCP server asks for",
    why: "They are signed in and still may not use the server; a role that was assigned a moment ago takes a few minutes.",
  },
  "sign-in-refused": {
    level: "error",
    means: "Entra, or the gateway, refused the sign-in for another reason",
    why: "The answer to the client is kept general on purpose; the log has the reason.",
  },
  "identity-unavailable": {
    level: "error",
    means: "The authorization server cannot get its managed identity's token, or does not reach Entra",
    why: "Every sign-in fails at its last step.",
  },
  "answer-issuer": {
    level: "error",
    means: "The answer's `iss` is not the issuer",
    why: "Clients must take it for an attack (RFC 9207) and stop.",
  },
  "code-refused": {
    level: "error",
    means: "/token does not redeem the code",
    why: "Clients get no token.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** What the sign-in gave. Secret, but for the client's ID. */
export interface SignedIn {
  readonly clientId: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
}

/** A person signs in through the browser, and the doctor gets a token for the MCP server. */
export const signIn: Check<SignedIn> = {
  name: "sign-in",
  title: "Sign-in",
  needs: [authorizationServerMetadata, challenge, registration, entraPage, gatewayCredential],
  catalogue,
  async examine(given, visit) {
    if (!visit.signIn) return { findings: [], notChecked: "give --sign-in, and sign in in the browser" };
    const server = given(authorizationServerMetadata);
    const { clientId } = given(registration);
    const listener = await listenForRedirect();
    try {
      const client = { clientId, redirectUri: listener.redirectUri };
      const pending = await authorizationRequest(visit, server, client, given(challenge).scope);
      const opened = await visit.openBrowser(pending.url);
      visit.say(
        `${opened ? "Sign in in the browser. If none opened, go to" : "To sign in, open"} ${pending.url}`,
      );
      const answer = await listener.answer(pending.state, visit.signInTimeout);
      if (!answer) return { findings: [unfinished(visit, given(entraPage))] };
      if (answer.has("error")) return { findings: [refusal(visit, given(entraPage), answer)] };
      if (answer.get("iss") !== visit.origin) {
        const what = `iss is ${quote(answer.get("iss") ?? "missing")}, it has to be ${quote(visit.origin)}.`;
        return { findings: [find("answer-issuer", { what, mend: ["azd deploy"] })] };
      }
      return await redeem(visit, server, clientId, pending, answer);
    } finally {
      await listener.close();
    }
  },
};

async function redeem(
  visit: Visit,
  server: AuthorizationServer,
  clientId: string,
  pending: PendingAuthorization,
  answer: URLSearchParams,
) {
  try {
    const tokens = await exchangeAuthorization(visit.origin, {
      metadata: {
        issuer: visit.origin,
        authorization_endpoint: server.authorizationEndpoint,
        token_endpoint: server.tokenEndpoint,
        response_types_supported: ["code"],
        token_endpoint_auth_methods_supported: ["none"],
      },
      clientInformation: { client_id: clientId },
      authorizationCode: answer.get("code") ?? "",
      iss: answer.get("iss") ?? "",
      codeVerifier: pending.verifier,
      redirectUri: pending.redirectUri,
      resource: new URL(visit.mcpUrl),
      fetchFn: visit.network.fetch,
    });
    const result = { clientId, accessToken: tokens.access_token, refreshToken: tokens.refresh_token };
    return { findings: [], fine: "signed in, the code was redeemed", result };
  } catch (error) {
    const what = `/token answers ${quote(error instanceof OAuthError ? error.code : "with something that is no OAuth answer")}.`;
    return { findings: [find("code-refused", { what, mend: readLog(visit) })] };
  }
}

function unfinished(visit: Visit, request: EntraRequest): Finding {
  const server = argument(request.resource ?? "<the MCP server's application ID>");
  return find("sign-in-unfinished", {
    what: `Nobody came back within ${Math.round(visit.signInTimeout / 1000)} s.`,
    mend: [
      "If the browser shows “You have no access”, the person lacks a role; the button there leads back to the doctor:",
      ...assignRole(server),
      `If it shows an AADSTS number, look it up at ${clouds.public.authorityHost}/error`,
      "If it shows the gateway's own error, its correlation ID leads to the reason:",
      ...readLog(visit),
    ],
  });
}

/** What is found for each reason of the authorization server; Entra's own words never get this far. */
const CODES: Partial<Record<RefusalReason, keyof typeof catalogue>> = {
  declined: "sign-in-declined",
  cancelled: "sign-in-declined",
  "no-access": "role-missing",
  assignment: "entra-assignment",
  consent: "entra-consent",
  "administrator-consent": "entra-consent",
};

function refusal(visit: Visit, request: EntraRequest, answer: URLSearchParams): Finding {
  const error = answer.get("error") ?? "";
  const description = answer.get("error_description") ?? "";
  const what = `The client gets ${quote(error)}: ${quote(description)}`;
  const server = argument(request.resource ?? "<the MCP server's application ID>");
  const log = readLog(visit);
  const aadsts = aadstsIn(description);
  if (aadsts) {
    const code = refusalCode(aadsts);
    return find(code, { what, mend: [...mendRefusal(visit, code, aadsts, request), ...log] });
  }
  if (error === "temporarily_unavailable" || error === "server_error") {
    return find("identity-unavailable", { what, mend: log });
  }
  const reason = refusalReason(description);
  const code = reason && CODES[reason];
  switch (code) {
    case "role-missing":
      return find(code, { what, mend: assignRole(server) });
    case "entra-consent":
    case "entra-assignment":
      return find(code, { what, mend: [...mendRefusal(visit, code, "", request), ...log] });
    case "sign-in-declined":
      return find(code, { what, mend: ["Run the doctor again, and allow it."] });
    default:
      return find("sign-in-refused", { what, mend: log });
  }
}
