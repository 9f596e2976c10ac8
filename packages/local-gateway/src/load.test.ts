import { describe, expect, it } from "vitest";
import { describeGateway, policies, writePolicies } from "../testing/gateway.ts";
import { loadPolicies } from "./load.ts";

/** Loads an API's policy and fragments, and gives the message of what is wrong. */
async function problemOf(
  api: string,
  fragments: Readonly<Record<string, string>> = {},
  namedValues: Readonly<Record<string, string>> = {},
): Promise<string> {
  const files = Object.fromEntries(Object.entries(fragments).map(([id, text]) => [`${id}.xml`, text]));
  const { folder, remove } = await writePolicies({ "api.xml": api, ...files });
  try {
    const description = describeGateway({ fragments: Object.keys(fragments), namedValues });
    return await loadPolicies(description, folder).then(
      () => "",
      (error: Error) => error.message,
    );
  } finally {
    await remove();
  }
}

const inbound = (text: string) => policies({ inbound: text });

describe("a policy that is wrong is refused with its place", () => {
  it.each([
    ["<fragment />", "api.xml:1:1: a policy document begins with <policies>"],
    ["<policies><inbond /></policies>", "api.xml:1:11: <inbond> is not a section"],
    ["<policies><inbound /><inbound /></policies>", "api.xml:1:22: <inbound> stands twice"],
    ["<policies>text</policies>", "text is not allowed in <policies>"],
    [inbound("<nonsense />"), "api.xml:2:12: the policy <nonsense> is not supported"],
    [inbound('<set-variable name="a" value="b" other="c" />'), '<set-variable> has no attribute "other"'],
    [inbound('<set-variable name="a" />'), 'api.xml:2:12: <set-variable> needs the attribute "value"'],
    [inbound("<choose><base /></choose>"), "<base> is not allowed in <choose>"],
    [
      inbound('<choose><when condition="true"><base /></when></choose>'),
      "<base/> has to stand directly in a section",
    ],
    [inbound("<choose><otherwise /></choose>"), "<choose> needs a <when>"],
    [inbound('<choose><when condition="@(1)" /></choose>'), "this gives int, where bool is expected"],
    [inbound('<choose><when condition="maybe" /></choose>'), '"condition" is not true or false'],
    [inbound("<forward-request />"), "<forward-request> is not allowed in <inbound>, only in backend"],
    [
      policies({ outbound: '<validate-jwt header-name="Authorization" />' }),
      "<validate-jwt> is not allowed in <outbound>",
    ],
    [policies({ backend: "<base /><forward-request />" }), "<backend> may hold only one policy"],
    [
      policies({
        backend:
          '<choose><when condition="true"><forward-request /></when><otherwise><forward-request /></otherwise></choose>',
      }),
      "api.xml:3:80: <forward-request> stands twice; API Management takes one in a policy document",
    ],
    [inbound('<cache-store-value key="a" value="b" duration="0" />'), '"duration" is 0'],
    [inbound('<cache-store-value key="a" value="b" duration="x" />'), '"duration" is not an integer: "x"'],
    [
      inbound('<cache-lookup-value key="a" variable-name="b" caching-type="external" />'),
      "there is no external cache here",
    ],
    [
      inbound('<rate-limit-by-key calls="1" renewal-period="301" counter-key="a" />'),
      '"renewal-period" is 301',
    ],
    [inbound("<send-request />"), "needs <set-url>"],
    [inbound('<validate-jwt header-name="a" token-value="b" />'), "needs one of header-name"],
    [
      inbound(
        '<validate-jwt header-name="a"><openid-config url="https://a.example" validate-connectivity="no" /></validate-jwt>',
      ),
      '"validate-connectivity" is not',
    ],
    [inbound('<return-response><set-status code="99" /></return-response>'), '"code" is 99'],
    [
      inbound('<set-header name="a" exists-action="keep"><value>b</value></set-header>'),
      '"exists-action" is "keep"',
    ],
    [
      inbound('<set-header name="a"><value>@(1)</value></set-header>'),
      "api.xml:2:42: this gives int, where string is expected",
    ],
    [
      inbound('<set-variable name="a" value="@(context.Nothing)" />'),
      'api.xml:2:52: IProxyRequestContext has no member "Nothing"',
    ],
    [inbound('<set-variable name="a" value="@(1 +)" />'), "this expression is not C#"],
    [inbound('<set-variable name="@("a")" value="b" />'), '"name" cannot be an expression'],
    [inbound('<include-fragment fragment-id="none" />'), 'the fragment "none" is not defined'],
    [
      inbound("<cors><allowed-headers><header>a</header></allowed-headers></cors>"),
      "<cors> needs <allowed-origins>",
    ],
    [inbound('<rewrite-uri template="x" />'), '"template" has to start with a slash'],
    [inbound('<set-body template="liquid">x</set-body>'), '<set-body> has no attribute "template"'],
    [inbound("<set-body>{{none}}</set-body>"), 'the named value "none" is not defined'],
  ])("%s: %s", async (api, problem) => {
    expect(await problemOf(api)).toContain(problem);
  });
});

describe("fragments", () => {
  const include = inbound('<include-fragment fragment-id="part" />');

  it.each([
    ["<policies />", "part.xml:1:1: a fragment begins with <fragment>"],
    ["<fragment><inbound /></fragment>", "part.xml:1:11: a fragment has no sections"],
    ["<fragment><base /></fragment>", "part.xml:1:11: <base/> is not allowed in a fragment"],
    ['<fragment><include-fragment fragment-id="part" /></fragment>', "a fragment cannot include another one"],
    [
      "<fragment>\n  <forward-request />\n</fragment>",
      "part.xml:2:3: <forward-request> is not allowed in <inbound>",
    ],
  ])("%s: %s", async (fragment, problem) => {
    expect(await problemOf(include, { part: fragment })).toContain(problem);
  });

  it("are checked even when nobody includes them", async () => {
    expect(await problemOf(policies({}), { part: "<fragment><nonsense /></fragment>" })).toContain(
      "part.xml:1:11: the policy <nonsense>",
    );
  });
});

describe("a policy that is right", () => {
  it("loads, with a missing section inherited", async () => {
    expect(await problemOf("<policies />")).toBe("");
    expect(
      await problemOf(inbound('<base /><set-variable name="a" value="{{value}}" />'), {}, { value: "1" }),
    ).toBe("");
  });

  it("says which file is missing", async () => {
    const { folder, remove } = await writePolicies({});
    await expect(loadPolicies(describeGateway({}), folder)).rejects.toThrow(
      "api.xml:1:1: the file cannot be read",
    );
    await remove();
  });
});
