/** A consent page as small as one can be: the other servers leave it to their operators. */
export function consentPage(page: {
  readonly action: string;
  readonly handle: string;
  readonly clientName: string;
  readonly redirectHost: string;
  readonly scope: readonly string[];
}): string {
  const name = escapeHtml(page.clientName);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Allow ${name}</title></head>
<body><h1>Allow ${name}?</h1>
<p>Access goes to ${escapeHtml(page.redirectHost)}: ${page.scope.map(escapeHtml).join(", ")}</p>
<form method="post" action="${escapeHtml(page.action)}">
<input type="hidden" name="handle" value="${escapeHtml(page.handle)}">
<button name="decision" value="approve">Allow</button>
<button name="decision" value="deny">Deny</button>
</form></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
