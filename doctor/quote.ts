const LONGEST = 160;
/** What moves the cursor or turns the direction of a terminal, and so could make an answer look like a finding. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** JSON Web Tokens, and the parameters that carry secrets in a URL or a form. */
const SECRETS = [
  /\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)*/g,
  /(?<=\b(?:code|state|nonce|code_verifier|client_assertion|assertion|transaction|access_token|refresh_token|id_token)=)[^&\s"'<>]+/g,
];

/** @returns what a server said, fit to be shown: in quotes, printable, short, and without anything secret */
export function quote(text: unknown): string {
  return `"${bare(typeof text === "string" ? text : (JSON.stringify(text) ?? "nothing"))}"`;
}

/** The same without quotes, for a URL or a header. */
export function bare(text: string): string {
  const shown = SECRETS.reduce((rest, secret) => rest.replace(secret, "…"), text).replace(UNPRINTABLE, "");
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}
