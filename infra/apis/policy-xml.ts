const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** @returns a policy that sets a variable of the request to the text */
export function setVariable(name: string, text: string): string {
  return `<set-variable name="${name}" value="${attribute(text)}" />`;
}

/** API Management would take two braces in JSON for a named value, also in a text. */
export function apartBraces(json: string): string {
  return json.replace(/[{}]{2,}/g, (braces) => braces.split("").join(" "));
}

/** @returns the text as an attribute's value in XML */
function attribute(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
