/** The pages' only style sheet, inline: one request shows the page, and the policy can name it by its hash. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1a19; --soft: #5c5a57; --paper: #fff; --ground: #f3f2f1; --line: #d6d4d1;
  --accent: #0f5fb4; --on-accent: #fff; --warn-ink: #6b4200; --warn-ground: #fff6e0; --warn-line: #e2b55a; }
@media (prefers-color-scheme: dark) { :root { --ink: #f3f2f1; --soft: #b8b5b1; --paper: #242322; --ground: #161615;
  --line: #45423f; --accent: #79b8ff; --on-accent: #0b1a2b; --warn-ink: #ffdf9c; --warn-ground: #33280f; --warn-line: #7d6127; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; padding: 1rem; display: grid; place-items: center; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 "Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", sans-serif; }
main { width: 100%; max-width: 30rem; padding: 1.75rem; background: var(--paper); border: 1px solid var(--line);
  border-radius: 12px; overflow-wrap: anywhere; }
.gateway { margin: 0 0 1rem; color: var(--soft); font-size: .875rem; }
h1 { margin: 0 0 1rem; font-size: 1.375rem; line-height: 1.3; font-weight: 600; }
h2 { margin: 1.5rem 0 .375rem; font-size: 1rem; font-weight: 600; }
p, ul, dl { margin: 0 0 .75rem; }
ul { padding-left: 1.25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .375rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; }
.note { padding: .75rem 1rem; background: var(--warn-ground); border: 1px solid var(--warn-line); border-radius: 8px;
  color: var(--warn-ink); font-size: .9375rem; }
.quiet { color: var(--soft); font-size: .875rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 1rem; }
button, .button { flex: 1 1 9rem; min-height: 2.75rem; padding: .5rem 1rem; border: 1px solid var(--accent); border-radius: 8px;
  background: transparent; color: var(--accent); font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; cursor: pointer; }
.button { display: inline-block; }
.primary { background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
a { color: var(--accent); }
code { font: .875em ui-monospace, "Cascadia Mono", Consolas, monospace; }
@media (max-width: 24rem) { main { padding: 1.25rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
@media (forced-colors: active) { button, .button { border: 2px solid ButtonText; } }
`;
