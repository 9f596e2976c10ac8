import { describe, expect, it } from "vitest";
import { Html, html } from "./html.ts";

const EVIL = `<script>alert("1")</script>&'`;
const ESCAPED = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;";

describe("html", () => {
  it("CON-6 escapes every text that is put in", () => {
    expect(html`<p>${EVIL}</p>`.markup).toBe(`<p>${ESCAPED}</p>`);
  });

  it("CON-6 lets no text end an attribute", () => {
    const { markup } = html`<a href="${'" onclick="alert(1)'}" title='${"' onclick='alert(1)"}'>x</a>`;
    expect(markup).toBe(`<a href="&quot; onclick=&quot;alert(1)" title='&#39; onclick=&#39;alert(1)'>x</a>`);
  });

  it("CON-6 escapes once, however deep", () => {
    const item = html`<li>${EVIL}</li>`;
    expect(html`<ul>${[item, html`<li>${item}</li>`]}</ul>`.markup).toBe(
      `<ul><li>${ESCAPED}</li><li><li>${ESCAPED}</li></li></ul>`,
    );
  });

  it("leaves our own markup as it is", () => {
    expect(html`${new Html("<b>&amp;</b>")}`.markup).toBe("<b>&amp;</b>");
  });

  it("shows numbers and the empty text, and nothing for undefined and false", () => {
    expect(html`[${0}][${1.5}][${""}][${undefined}][${false}][${[]}]`.markup).toBe("[0][1.5][][][][]");
  });

  it("escapes what already looks escaped, so that a text is shown as it was given", () => {
    expect(html`${"&amp;&lt;"}`.markup).toBe("&amp;amp;&amp;lt;");
  });

  it("keeps text of any language", () => {
    expect(html`${"Größe クロード עברית 🦜"}`.markup).toBe("Größe クロード עברית 🦜");
  });
});
