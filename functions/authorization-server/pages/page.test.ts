import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../../config/schema.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { html } from "./html.ts";
import { page } from "./page.ts";
import { presentationFor } from "./presentation.ts";

const LOGO = "data:image/png;base64,iVBORw0KGgo=";

async function show(config: Partial<GatewayConfigInput> = {}, acceptLanguage?: string) {
  const request = new Request("https://gw.example/authorize", {
    headers: acceptLanguage === undefined ? {} : { "accept-language": acceptLanguage },
  });
  const response = page({
    presentation: presentationFor(resolvedGateway(config), request),
    title: "Title",
    body: html`<p>Body</p>`,
  });
  return { headers: response.headers, text: await response.text() };
}

const styleOf = (text: string) => /<style>(.*)<\/style>/s.exec(text)?.[1] ?? "";

describe("a page's language", () => {
  it.each([
    [undefined, "en"],
    ["de-AT,de;q=0.9,en;q=0.8", "de"],
    ["fr", "en"],
    [";;q=,garbage\u00ff", "en"],
  ])("for Accept-Language %j is %s, and says so", async (accepted, tag) => {
    const { headers, text } = await show({}, accepted);
    expect(headers.get("content-language")).toBe(tag);
    expect(headers.get("vary")).toBe("Accept-Language");
    expect(text).toContain(`<html lang="${tag}" dir="ltr">`);
  });

  it("is the operator's default where the browser wants none of ours", async () => {
    expect((await show({ defaultLanguage: "de" }, "fr")).headers.get("content-language")).toBe("de");
    expect((await show({ defaultLanguage: "de" }, "en")).headers.get("content-language")).toBe("en");
  });
});

describe("a page's branding", () => {
  it("CON-2 colours the style sheet, and the policy names that very one", async () => {
    const plain = await show();
    const branded = await show({ branding: { color: "#8a1538" } });
    expect(styleOf(branded.text)).toContain("--accent: #8a1538;");
    expect(styleOf(branded.text)).not.toBe(styleOf(plain.text));
    for (const { headers, text } of [plain, branded]) {
      const hash = createHash("sha256").update(styleOf(text)).digest("base64");
      expect(headers.get("content-security-policy")).toBe(
        `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; frame-ancestors 'none'`,
      );
    }
  });

  it("shows the logo by an img, where no script of it runs, in the place of our own mark", async () => {
    expect((await show()).text).toContain('<svg class="mark"');
    const { text } = await show({ branding: { logo: LOGO } });
    expect(text).toContain(`<img class="logo" src="${LOGO}" alt="">`);
    expect(text).not.toContain('<svg class="mark"');
  });

  it("has the operator's links at its foot, in the person's language, and none where there are none", async () => {
    expect((await show()).text).not.toContain("<footer>");
    const branding = {
      termsUrl: { en: "https://contoso.example/terms", de: "https://contoso.example/agb" },
      privacyUrl: { en: "https://contoso.example/privacy?a=1&b=2" },
      supportUrl: "https://contoso.example/help",
    };
    const link = (url: string, label: string) =>
      `<a href="${url}" target="_blank" rel="noopener noreferrer">${label}</a>`;
    expect((await show({ branding }, "de")).text).toContain(
      `<footer>${link("https://contoso.example/agb", "Nutzungsbedingungen")}${link("https://contoso.example/privacy?a=1&amp;b=2", "Datenschutz")}${link("https://contoso.example/help", "Support")}</footer>`,
    );
    expect((await show({ branding }, "en")).text).toContain(
      link("https://contoso.example/terms", "Terms of use"),
    );
  });
});
