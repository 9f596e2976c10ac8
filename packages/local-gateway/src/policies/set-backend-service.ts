import { Url } from "../expressions/context/url.ts";
import type { PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Sends the request to another base URL than the API's. */
export const setBackendService: PolicyElement = {
  name: "set-backend-service",
  sections: ["inbound", "backend"],
  attributes: { "base-url": true },
  children: {},
  compile: (node, compiler) => {
    let last: { readonly text: string; readonly url: Url } | undefined;
    const baseUrl = new AttributeReader(node, compiler).text("base-url", "");
    return {
      run: (exchange) => {
        const text = baseUrl(exchange);
        // Most policies give the same URL to each request.
        if (last?.text !== text) {
          const url = /^https?:\/\//.test(text) ? Url.tryParse(text) : undefined;
          if (!url) throw new Error('"base-url" is not an http or https URL');
          last = { text, url };
        }
        exchange.setBackend(last.url);
      },
    };
  },
};
