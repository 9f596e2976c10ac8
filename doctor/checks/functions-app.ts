import { type Check, findingsOf } from "../check.ts";
import { deploy, provision, readLoadFailure } from "../commands.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { NetworkError } from "../network.ts";
import type { Visit } from "../visit.ts";

const catalogue = {
  "app-open": {
    level: "error",
    means: "The Functions app answers others than the gateway",
    why: "Rate limits, logs and policies can be walked around; /internal/session-token hands out people's Entra tokens.",
  },
  "functions-missing": {
    level: "error",
    means: "The Functions app lacks its functions",
    why: "Azure answers 404 for an app that did not load, as where a setting is missing. Everything behind the gateway fails.",
  },
  "app-fails": {
    level: "error",
    means: "The Functions app answers with a server error",
    why: "Everything behind the gateway fails.",
  },
  "app-silent": {
    level: "info",
    means: "The Functions app cannot be reached from here",
    why: "With private networking that is as it should be; without, it does not run.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** Everything but the public documents; what they take does not matter, for the caller is checked first. */
const CLOSED = [
  { method: "POST", path: "/internal/session-token" },
  { method: "POST", path: "/register" },
  { method: "POST", path: "/token" },
  { method: "POST", path: "/revoke" },
  { method: "GET", path: "/authorize" },
  { method: "POST", path: "/consent" },
  { method: "POST", path: "/callback" },
  { method: "GET", path: "/callback" },
  { method: "GET", path: "/account" },
  { method: "POST", path: "/account/revoke" },
] as const;

/** Nobody but the gateway may use the authorization server's Functions app. */
export const functionsApp: Check = {
  name: "functions-app",
  title: "Functions app closed",
  needs: [],
  catalogue,
  async examine(_, visit) {
    const base = visit.authorizationServerUrl;
    if (!base) return { findings: [], notChecked: "give its URL: --authorization-server-url" };
    try {
      return {
        findings: await knock(visit, base),
        fine: `${CLOSED.length} endpoints refuse whoever is not the gateway`,
      };
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      return { findings: [find("app-silent", { what: `${base}: ${error.message}.`, mend: [] })] };
    }
  },
};

async function knock(visit: Visit, base: string): Promise<Finding[]> {
  const open: string[] = [];
  const missing: string[] = [];
  const failing: string[] = [];
  for (const { method, path } of CLOSED) {
    const { status } = await visit.network.ask(`${base}${path}`, {
      method,
      ...(method === "POST" ? { headers: { "content-type": "application/json" }, body: "{}" } : {}),
    });
    if (status === 404) missing.push(`${method} ${path}`);
    else if (status >= 500) failing.push(`${path} (${status})`);
    else if (status !== 401 && status !== 403) open.push(`${path} (${status})`);
  }
  return [
    ...(open.length > 0
      ? [
          find("app-open", {
            what: `Without the gateway's identity, ${base} answers ${open.join(", ")}.`,
            mend: [
              "The bundle checks its caller itself; another one may be deployed there:",
              "azd deploy",
              provision(visit),
            ],
          }),
        ]
      : []),
    ...(missing.length > 0 ? [functionsMissing(visit, base, missing)] : []),
    ...(failing.length > 0
      ? [
          find("app-fails", {
            what: `${base} answers ${failing.join(", ")}.`,
            mend: [
              "az functionapp log deployment list --name <authorization server> --resource-group <resource group> --output table",
              "azd deploy",
            ],
          }),
        ]
      : []),
  ];
}

function functionsMissing(visit: Visit, base: string, missing: readonly string[]): Finding {
  if (missing.length < CLOSED.length) {
    const what = `${base} answers 404 to ${missing.join(", ")}: the app has no function there.`;
    return find("functions-missing", {
      what,
      mend: ["Another version may be deployed there:", deploy(visit)],
    });
  }
  return find("functions-missing", {
    what: `${base} answers 404 everywhere: the app has no functions.`,
    mend: ["The app's log says why it did not load:", ...readLoadFailure(visit), deploy(visit)],
  });
}
