import { accentOnDark, accentOnLight } from "./accent.ts";

const LIGHT = { paper: "#ffffff", ground: "#f1f3f6" };
const DARK = { paper: "#1c2027", ground: "#11141a" };

/**
 * How long a person must leave a form of the class `decision` alone before a press on its buttons counts. Until then, a transparent
 * cover is over the form and takes each press, because that press was meant for another page: a window that closed over ours in the
 * middle of a double click, or a page that asked for fast clicks or taps and then led to ours.
 *
 * - With a mouse, the wait starts when the pointer comes onto the form; with touch, when the page is shown.
 * - Each press on the cover starts the wait again, because a person who continues to press has not seen the page.
 * - A press on a button brings the cover back, too. This stops the second half of a double click. The cover stays away during the press,
 *   because the release must reach the button.
 *
 * The cover does not stop the keyboard. Reduced motion must not switch the animation off.
 */
const REST_SECONDS = 0.7;

const RULES = `* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; padding: 1.5rem 1rem; display: grid; place-items: center; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 "Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", sans-serif; }
.card { width: 100%; max-width: 33rem; padding: 2rem; background: var(--paper); border: 1px solid var(--line);
  border-radius: 14px; box-shadow: 0 1px 2px #00000012, 0 10px 30px #00000012; overflow-wrap: anywhere; }
header { display: flex; align-items: center; gap: .5rem; margin-bottom: 1.25rem; color: var(--soft); font-size: .9375rem; }
.mark { flex: none; width: 1.5rem; height: 1.5rem; color: var(--accent); }
.logo { flex: none; max-width: 9rem; height: 2rem; object-fit: contain; object-position: left; }
h1 { margin: 0 0 1.25rem; font-size: 1.5rem; line-height: 1.3; font-weight: 600; text-wrap: pretty; }
h2, h3 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 600; }
h3 { font-size: .9375rem; color: var(--soft); }
p { margin: 0 0 1rem; }
ul { margin: 0 0 1.25rem; padding: 0; list-style: none; }
li { position: relative; margin: .375rem 0; padding-left: 1.625rem; }
li::before { content: ""; position: absolute; left: .375rem; top: .3rem; width: .375rem; height: .75rem;
  border: solid var(--accent); border-width: 0 2px 2px 0; transform: rotate(40deg); }
li.choice { padding-left: 0; }
li.choice::before { content: none; }
li.choice label { gap: .5rem; font-size: 1rem; }
.meaning { display: block; }
ul + .hint { margin: -.75rem 0 1.25rem; }
dl { margin: 0 0 1.25rem; border-bottom: 1px solid var(--line); }
dl > div { display: grid; grid-template-columns: 9rem 1fr; gap: 0 1rem; padding: .625rem 0; border-top: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; }
dd strong { font-weight: 600; }
small { display: block; color: var(--soft); font-size: .875rem; }
.note { padding: .75rem 1rem; background: var(--warn-ground); border-left: 4px solid var(--warn-edge); border-radius: 6px;
  color: var(--warn-ink); font-size: .9375rem; }
.note strong { display: block; }
.client-name { margin: 0 0 1.25rem; padding: .625rem 1rem; border: 1px solid var(--line); border-radius: 10px; }
.client-name p { margin: 0; }
.client-name .name { font-size: 1.25rem; font-weight: 600; color: var(--accent); }
.name { overflow: hidden; }
form { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 1.25rem; }
label { flex: 1 0 100%; display: flex; gap: .625rem; padding: .25rem 0; font-size: .9375rem; cursor: pointer; }
input[type=checkbox] { flex: none; width: 1.25rem; min-height: 0; height: 1.25rem; margin: .125rem 0 0; accent-color: var(--accent); }
button, .button { flex: 1 1 11rem; min-height: 2.875rem; padding: .5rem .75rem; border: 1px solid var(--accent); border-radius: 8px;
  background: transparent; color: var(--accent); font: inherit; font-weight: 600; line-height: 1.75rem; text-align: center;
  text-decoration: none; cursor: pointer; }
.button { display: block; margin: 1.5rem 0 1.25rem; }
p:has(> .button) { margin: 0; }
p:has(> .button) + p > .button { margin-top: -.5rem; }
.primary { background: var(--accent); color: var(--on-accent); }
button:hover, .button:hover { border-color: var(--accent-strong); color: var(--accent-strong); }
.primary:hover { background: var(--accent-strong); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.wide { max-width: 44rem; }
.person { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem; margin-bottom: 1rem; }
.person p, .person form { margin: 0; }
.small { flex: none; min-height: 2.75rem; padding: .375rem .875rem; font-size: .9375rem; }
.outcome { margin-bottom: 1rem; padding: .75rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: 6px; }
.outcome p, .outcome .client-name { margin: 0; }
.outcome .client-name { padding: 0; border: 0; }
.client { margin: 1.25rem 0; padding: 1.125rem 1.25rem .375rem; border: 1px solid var(--line); border-radius: 10px; }
.client h2 { margin: 0; font-size: 1.125rem; color: var(--accent); }
.client .quiet { margin-bottom: .75rem; }
.client dl { margin-bottom: .75rem; }
.client dl > div { padding: .375rem 0; }
.client .quiet + dl { margin-top: -.25rem; }
dd ul { margin: 0; }
dd li:first-child { margin-top: 0; }
summary { width: fit-content; min-height: 2.75rem; padding: .5rem 0; color: var(--accent); font-weight: 600; cursor: pointer; }
summary:hover { color: var(--accent-strong); }
details { margin: .25rem 0; }
.name + details summary { min-height: 1.75rem; padding: .125rem 0; font-size: .875rem; }
main a:not(.button) { color: var(--accent); }
details form { margin: 0 0 1rem; }
details button { flex: 0 1 auto; }
.what { flex: 1 1 12rem; margin: 0; align-self: center; }
.search { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
.search form { margin: 0; }
.search label { flex: 1 0 100%; color: var(--soft); }
.search button { flex: 0 0 auto; }
input { flex: 1 1 16rem; min-width: 0; min-height: 2.875rem; padding: .5rem .75rem; border: 1px solid var(--soft); border-radius: 8px;
  background: var(--paper); color: var(--ink); font: inherit; }
.quiet { margin-bottom: 0; color: var(--soft); font-size: .875rem; }
footer { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin-top: 1.25rem; padding-top: .75rem; border-top: 1px solid var(--line);
  font-size: .875rem; }
footer a { padding: .25rem 0; color: var(--soft); }
footer a:hover { color: var(--accent-strong); }
code { font: .9375em ui-monospace, "Cascadia Mono", Consolas, monospace; }
@media (prefers-color-scheme: dark) { .logo { padding: .25rem; background: #fff; border-radius: 6px; } }
@media (max-width: 30rem) {
  body { padding: 0; place-items: stretch; background: var(--paper); }
  .card { padding: 1.25rem 1.25rem 1.5rem; border: 0; border-radius: 0; box-shadow: none; }
  h1 { font-size: 1.375rem; }
  dl > div { grid-template-columns: 1fr; }
  dt { font-size: .875rem; }
}
.decision { position: relative; cursor: progress; }
.decision::after { content: ""; position: absolute; inset: 0; animation: uncover ${REST_SECONDS}s forwards; }
@media (hover: hover) and (pointer: fine) { .decision:not(:hover)::after { animation: none; } }
.decision:active:not(:has(:active))::after { animation: none; }
.decision:has(button:active)::after { animation: none; visibility: hidden; }
@keyframes uncover { to { visibility: hidden; } }
@media (forced-colors: active) { button, .button { border: 2px solid ButtonText; } }
`;

/**
 * The pages' only style sheet, inline: one request shows the page, and the policy can name it by its hash.
 *
 * @param color the operator's, `#rrggbb`
 */
export function styleSheet(color: string): string {
  const light = accentOnLight(color, LIGHT);
  const dark = accentOnDark(color, DARK);
  return `
:root { color-scheme: light dark; --ink: #1d2129; --soft: #566070; --paper: ${LIGHT.paper}; --ground: ${LIGHT.ground}; --line: #dfe3e9;
  --accent: ${light.accent}; --accent-strong: ${light.strong}; --on-accent: ${light.onAccent};
  --warn-ink: #5a3a00; --warn-ground: #fff6e3; --warn-edge: #d98f1f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf0; --soft: #a5afbd; --paper: ${DARK.paper}; --ground: ${DARK.ground};
  --line: #353c47; --accent: ${dark.accent}; --accent-strong: ${dark.strong}; --on-accent: ${dark.onAccent};
  --warn-ink: #ffe0a8; --warn-ground: #2d2515; --warn-edge: #c78d33; } }
${RULES}`;
}
