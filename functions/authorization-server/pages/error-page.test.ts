import { describe, expect, it } from "vitest";
import { OAuthError } from "../errors.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { refusalPage } from "./error-page.ts";
import { languages } from "./languages/languages.ts";
import { presentationFor } from "./presentation.ts";

async function show(error: OAuthError, acceptLanguage = "en") {
  const request = new Request("https://gw.example/authorize", {
    headers: { "accept-language": acceptLanguage },
  });
  const response = refusalPage(presentationFor(resolvedGateway(), request), error, "correlation-1");
  return { status: response.status, text: await response.text() };
}

describe("the page of an OAuth error", () => {
  it("AUT-2 tells a person what to do in their own language, and nothing of what a client would hear", async () => {
    const error = new OAuthError("invalid_client", "The client is unknown.", {
      explanation: "clientUnknown",
    });
    for (const [tag, language] of Object.entries(languages)) {
      const { status, text } = await show(error, tag);
      expect(status).toBe(400);
      expect(text).toContain(`<h1>${language.error.title}</h1>`);
      expect(text).toContain(`<p>${language.error.explanations.clientUnknown}</p>`);
      expect(text).toContain("<code>correlation-1</code>");
      expect(text).not.toContain("The client is unknown.");
      expect(text).not.toContain("invalid_client");
    }
  });

  it("AUT-2 hands the client's developer the error as it is, marked as English and escaped", async () => {
    const error = new OAuthError("invalid_request", "<state> is repeated.", { reason: "secret" });
    const { text } = await show(error, "de");
    expect(text).toContain(`<p>${languages.de.error.faultyRequest}</p>`);
    expect(text).toContain(
      'Für den Hersteller der Anwendung: <code lang="en" dir="ltr">invalid_request: &lt;state&gt; is repeated.</code>',
    );
    expect(text).not.toContain("secret");
  });

  it("SES-4 asks for patience when a part is out, whatever it is", async () => {
    const error = new OAuthError("temporarily_unavailable", "The keys cannot be read now.");
    const { status, text } = await show(error, "de");
    expect(status).toBe(503);
    expect(text).toContain("<h1>Zurzeit nicht verfügbar</h1>");
    expect(text).not.toContain("keys");
  });
});
