import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../../testing/gateway.ts";
import { respond } from "../../testing/policies.ts";

const { gateway } = stoppedAfterEach();

describe("scopes", () => {
  it("run global, API and operation in the order of <base/>", async () => {
    const mark = (text: string) =>
      `<set-variable name="v" value="@(context.Variables.GetValueOrDefault<string>("v", "") + "${text}")" />`;
    const files = {
      "api.xml": policies({ inbound: `${mark("a")}<base />${mark("b")}` }),
      "op.xml": policies({
        inbound: `${mark("1")}<base />${mark("2")}${respond('(string)context.Variables["v"]')}`,
      }),
    };
    const operations = [
      { name: "op", displayName: "Op", method: "GET", urlTemplate: "/x", policy: "op.xml" },
    ] as const;
    const { url } = await gateway(files, describeGateway({ operations }));
    expect(await (await fetch(`${url}/x`)).text()).toBe("1ab2");
  });

  it("leave the parent out without <base/>", async () => {
    const files = {
      "api.xml": policies({ inbound: '<set-variable name="v" value="api" /><base />' }),
      "op.xml": policies({ inbound: respond('context.Variables.GetValueOrDefault<string>("v", "none")') }),
    };
    const operations = [
      { name: "op", displayName: "Op", method: "GET", urlTemplate: "/x", policy: "op.xml" },
    ] as const;
    const { url } = await gateway(files, describeGateway({ operations }));
    expect(await (await fetch(`${url}/x`)).text()).toBe("none");
  });

  it("put a fragment in where it is included", async () => {
    const fragment = `<fragment>${respond('"from the fragment"')}</fragment>`;
    const { url } = await gateway(
      { "api.xml": policies({ inbound: '<include-fragment fragment-id="part" />' }), "part.xml": fragment },
      describeGateway({ fragments: ["part"] }),
    );
    expect(await (await fetch(`${url}/x`)).text()).toBe("from the fragment");
  });
});
