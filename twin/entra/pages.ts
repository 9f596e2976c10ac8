import { createHash } from "node:crypto";
import type { ErrorReport } from "./aadsts.ts";
import type { DemoUser, EntraApplicationRegistration } from "./directory.ts";
import type { Reply } from "./loopback-server.ts";

/** The form field that names the chosen user. */
export const USER_FIELD = "user";
export const FLOW_FIELD = "flow";
export const CANCEL_FIELD = "cancel";

/** @param loginHint a user principal name */
export function isHinted(user: DemoUser, loginHint: string): boolean {
  return user.userPrincipalName.toLowerCase() === loginHint.toLowerCase();
}

/**
 * The sign-in page: a plain form with one button for each user.
 *
 * @param page.flow sealed state, which comes back with the form
 * @param page.loginHint a user principal name; that user stands first and has the focus
 */
export function signInPage(page: {
  readonly action: string;
  readonly flow: string;
  readonly client: EntraApplicationRegistration;
  readonly users: readonly DemoUser[];
  /** Whether people sign in anew, whatever session they have (`prompt=login`). */
  readonly anew: boolean;
  readonly loginHint: string | undefined;
}): Reply {
  const hinted = (user: DemoUser) => page.loginHint !== undefined && isHinted(user, page.loginHint);
  const users = [...page.users].sort((a, b) => Number(hinted(b)) - Number(hinted(a)));
  const buttons = users.map((user) => {
    const roles = Object.values(user.appRoles).flat();
    return `<li><button class="user" name="${USER_FIELD}" value="${escapeHtml(user.oid)}"${hinted(user) ? " autofocus" : ""}>
<span class="initials" aria-hidden="true">${escapeHtml(initials(user))}</span>
<span class="who"><strong>${escapeHtml(user.displayName)}</strong>
<span class="upn">${escapeHtml(user.userPrincipalName).replace("@", "@<wbr>")}</span>
<span class="roles">${roles.length > 0 ? `has the role ${escapeHtml(roles.join(", "))}` : "has no app role"}</span></span>
</button></li>`;
  });
  const heading = page.anew ? "Sign in again" : "Pick an account";
  return htmlPage(
    200,
    heading,
    `<h1>${heading}</h1>
<p>to sign in to <strong>${escapeHtml(page.client.displayName)}</strong></p>
<form method="post" action="${escapeHtml(page.action)}">
<input type="hidden" name="${FLOW_FIELD}" value="${escapeHtml(page.flow)}">
<ul>${buttons.join("")}</ul>
<button class="cancel" name="${CANCEL_FIELD}" value="1">Cancel</button>
</form>`,
  );
}

const SUBMIT = "document.forms[0].submit();";
const SUBMIT_HASH = createHash("sha256").update(SUBMIT).digest("base64");

/**
 * The page that posts the answer to the client (OAuth 2.0 Form Post Response Mode): by itself, or by its button where scripts do not run.
 *
 * @param parameters of the answer
 */
export function answerPage(action: string, parameters: readonly (readonly [string, string])[]): Reply {
  const fields = parameters.map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const page = htmlPage(
    200,
    "Working...",
    `<form method="post" action="${escapeHtml(action)}">
${fields.join("\n")}
<noscript><h1>Continue</h1><p>Scripts do not run in this browser.</p><button class="cancel">Continue</button></noscript>
</form>
<script>${SUBMIT}</script>`,
    `; script-src 'sha256-${SUBMIT_HASH}'`,
  );
  // Entra's; with it, the browser says where the form comes from.
  return { ...page, headers: { ...page.headers, "referrer-policy": "strict-origin-when-cross-origin" } };
}

/** Nobody is signed in any more. */
export function signedOutPage(): Reply {
  return htmlPage(
    200,
    "Signed out",
    `<h1>You signed out of your account</h1><p>It’s a good idea to close all browser windows.</p>`,
  );
}

/** Entra's page for an error that it must not tell the redirect URI. */
export function errorPage(report: ErrorReport): Reply {
  return htmlPage(
    400,
    "Sign in failed",
    `<h1>Sorry, but we’re having trouble signing you in.</h1>
<p class="error">${escapeHtml(report.error_description.split("\r\n")[0] ?? "")}</p>
<dl><dt>Request ID</dt><dd>${escapeHtml(report.trace_id)}</dd>
<dt>Correlation ID</dt><dd>${escapeHtml(report.correlation_id)}</dd>
<dt>Timestamp</dt><dd>${escapeHtml(report.timestamp)}</dd></dl>`,
  );
}

const STYLE = `
:root{color-scheme:light dark;--page:#eef1f5;--card:#fff;--text:#1b1f24;--quiet:#545d68;--line:#d0d7de;
--accent:#0b5cad;--on-accent:#fff;--hover:#f3f7fb;--note:#fff4ce;--on-note:#4d3b00}
@media(prefers-color-scheme:dark){:root{--page:#15181c;--card:#1f2429;--text:#e8ebee;--quiet:#a4adb7;--line:#3a424b;
--accent:#6cb2ff;--on-accent:#0b1a2a;--hover:#2a3138;--note:#3d3200;--on-note:#ffe9a3}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--page);color:var(--text);
font:1rem/1.5 system-ui,"Segoe UI",sans-serif}
main{width:100%;max-width:28rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow:hidden}
.note{margin:0;text-wrap:balance;padding:.75rem 1.5rem;background:var(--note);color:var(--on-note);font-size:.875rem}
.content{padding:1.5rem}
h1{margin:0 0 .25rem;font-size:1.5rem;line-height:1.25}
p{margin:0 0 1.25rem;overflow-wrap:anywhere}
ul{list-style:none;margin:0 0 1rem;padding:0;display:grid;gap:.625rem}
button{font:inherit;color:inherit;cursor:pointer;border-radius:.5rem;border:1px solid var(--line);background:none}
button:hover{background:var(--hover)}
button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.user{width:100%;display:flex;gap:.875rem;align-items:center;text-align:left;padding:.75rem .875rem}
.initials{flex:none;width:2.75rem;height:2.75rem;border-radius:50%;display:grid;place-items:center;
background:var(--accent);color:var(--on-accent);font-weight:600}
.who{display:grid;min-width:0}
.upn,.roles{color:var(--quiet);font-size:.875rem;overflow-wrap:anywhere}
.error{margin-top:1rem}
.cancel{padding:.5rem 1.25rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0;font-size:.875rem;color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
`;

// No form-action: Chrome applies it to the redirect after the form, too, which leads to another origin.
const SECURITY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

function htmlPage(status: number, title: string, content: string, policy = ""): Reply {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": `${SECURITY}${policy}`,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – local stand-in for Microsoft Entra ID</title><style>${STYLE}</style></head>
<body><main><p class="note" role="note">Local stand-in for Microsoft Entra ID – no password, no account</p>
<div class="content">${content}</div></main></body></html>`,
  };
}

function initials(user: DemoUser): string {
  return `${user.givenName.charAt(0)}${user.surname.charAt(0)}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
