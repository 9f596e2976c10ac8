import { insteadAt, redirectsAt } from "../interceptors.ts";
import { deployed, type GatewayFault } from "./gateway-fault.ts";

/** What may be wrong on the way to Entra. */
export const consentFaults: readonly GatewayFault[] = [
  {
    is: "a way to Entra without consent",
    intercept: (subject) =>
      insteadAt("/authorize", { status: 302, headers: { location: `${subject.twin.entra.url}/x` } }),
    finds: ["consent-page: consent-skipped"],
  },
  {
    is: "a sign-in at another host",
    intercept: () =>
      insteadAt("/authorize", { status: 302, headers: { location: "https://login.example/" } }),
    finds: ["consent-page: authorize-redirected"],
  },
  {
    is: "something before the gateway that strips what browsers say of a form",
    intercept: () => (request, forward) => {
      const { origin: _, "sec-fetch-site": __, ...headers } = request.headers;
      return forward(request.path === "/consent" ? { ...request, headers } : request);
    },
    finds: ["consent: consent-blocked"],
  },
  {
    is: "a consent form that other sites may send",
    intercept: (subject) => (request, forward) => {
      const { origin } = subject.twin;
      const headers = { ...request.headers, origin, "sec-fetch-site": "same-origin" };
      return forward(request.path === "/consent" ? { ...request, headers } : request);
    },
    finds: ["consent: consent-from-elsewhere"],
  },
  {
    is: "an approval that leads to another host than Entra",
    intercept: () =>
      redirectsAt("/consent", (location) => Object.assign(location, { host: "login.example" })),
    finds: ["consent: consent-leads-elsewhere"],
  },
  {
    is: "the tenant's ID in place of the application's",
    intercept: (subject) =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("client_id", subject.twin.tenant.tenantId),
      ),
    finds: ["entra-request: client-is-tenant"],
  },
  {
    is: "a scope of the tenant's ID",
    intercept: (subject) =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("scope", `openid api://${subject.twin.tenant.tenantId}/Mcp.Access`),
      ),
    finds: ["entra-request: scope-of-tenant"],
  },
  {
    is: "a scope without the MCP server's application",
    intercept: () =>
      redirectsAt("/consent", ({ searchParams }) => searchParams.set("scope", "openid Mcp.Access")),
    finds: ["entra-request: scope-shape"],
  },
  {
    is: "a redirect URI at another host",
    intercept: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("redirect_uri", "https://old.brightwater.example/callback"),
      ),
    finds: ["entra-request: redirect-uri-elsewhere"],
  },
  {
    is: "an answer that Entra would put into the query",
    intercept: () =>
      redirectsAt("/consent", ({ searchParams }) => searchParams.set("response_mode", "query")),
    finds: ["entra-request: answer-in-query"],
  },
  {
    is: "a deployed gateway that comes back from Entra to localhost",
    intercept: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("redirect_uri", "http://localhost:7071/callback"),
      ),
    visit: deployed,
    finds: ["entra-request: redirect-uri-elsewhere"],
  },
];
