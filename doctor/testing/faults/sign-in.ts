import { Person } from "../../../test/support/person.ts";
import { answersAt, hasAccessToken } from "../interceptors.ts";
import { type GatewayFault, SOMEBODY_ELSE, signingInAs } from "./gateway-fault.ts";

/** What may go wrong from the browser to the tools and back. */
export const signInFaults: readonly GatewayFault[] = [
  {
    is: "a scope that the MCP server's application does not have",
    change: (subject) => Object.assign(subject.graphMcp, { scopes: [{ value: "Other" }] }),
    visit: (subject) => signingInAs(subject, "Mira Okafor"),
    finds: ["sign-in: entra-scope"],
  },
  {
    is: "a person without the role",
    visit: (subject) => ({
      signIn: true,
      openBrowser: async (url) => {
        const person = new Person({ origin: subject.twin.origin, entra: subject.twin.entra });
        void refused(person, url);
        return true;
      },
    }),
    finds: ["sign-in: role-missing"],
  },
  {
    is: "a person who declines",
    visit: (subject) => ({
      signIn: true,
      openBrowser: async (url) => {
        const person = new Person({ origin: subject.twin.origin, entra: subject.twin.entra });
        void person.deny(url).then(fetch);
        return true;
      },
    }),
    finds: ["sign-in: sign-in-declined"],
  },
  {
    is: "nobody at the browser",
    visit: () => ({ signIn: true, signInTimeout: 50, openBrowser: async () => true }),
    finds: ["sign-in: sign-in-unfinished"],
  },
  {
    is: "a code that is not redeemed",
    intercept: () =>
      answersAt("/token", (answer, { method }) =>
        method === "POST"
          ? { ...answer, status: 400, body: '{"error":"invalid_grant","error_description":"no"}' }
          : answer,
      ),
    visit: (subject) => signingInAs(subject, "Mira Okafor"),
    finds: ["sign-in: code-refused"],
  },
  {
    is: "a backend that is down",
    intercept: () => async (request, forward) =>
      request.path === "/mcp" && hasAccessToken(request)
        ? { status: 502, headers: { "content-type": "application/json" }, body: "{}" }
        : forward(request),
    visit: (subject) => signingInAs(subject, "Mira Okafor"),
    finds: ["tools: mcp-unavailable"],
  },
  {
    is: "an MCP server that nobody allowed to use Microsoft Graph",
    change: (subject) => Object.assign(subject.graphMcp, { delegatedPermissions: [] }),
    visit: (subject) => signingInAs(subject, "Mira Okafor"),
    finds: ["on-behalf-of: graph-consent"],
  },
  {
    is: "an MCP server with a federated credential of another identity",
    change: (subject) =>
      Object.assign(subject.graphMcp, {
        federatedCredentials: [{ subject: SOMEBODY_ELSE, audience: "api://AzureADTokenExchange" }],
      }),
    visit: (subject) => signingInAs(subject, "Mira Okafor"),
    finds: ["on-behalf-of: server-credential"],
  },
  {
    is: "a revocation that does nothing",
    intercept: () => async (request, forward) =>
      request.path === "/revoke" && request.method === "POST"
        ? { status: 200, headers: {}, body: "{}" }
        : forward(request),
    visit: (subject) => signingInAs(subject, "Mira Okafor"),
    finds: ["session-end: revocation-late"],
  },
];

/** Signs in without the role, reads why not, and goes back to the client. */
async function refused(person: Person, url: string): Promise<void> {
  const arrival = await person.press(await person.askEntra(url), "Tess Marlow");
  if (!("page" in arrival)) throw new Error("the person was let in");
  const back = /<a class="button primary" href="([^"]+)"/.exec(arrival.page.html)?.[1] ?? "";
  await fetch(back.replaceAll("&amp;", "&"));
}
