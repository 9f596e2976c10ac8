import { isDeepStrictEqual } from "node:util";
import { type Check, findingsOf } from "../check.ts";
import { deploy } from "../commands.ts";
import { documentCatalogue, readDocument } from "../documents.ts";
import type { Catalogue } from "../finding.ts";
import { quote } from "../quote.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";

const catalogue = {
  ...documentCatalogue,
  "documents-differ": {
    level: "error",
    means: "The two metadata documents do not say the same",
    why: "Which one a client reads is its own choice; API Management checks tokens with this one.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** The same metadata where OpenID Connect clients and API Management's validate-jwt look for it. */
export const openidConfiguration: Check = {
  name: "openid-configuration",
  title: "OpenID configuration",
  needs: [authorizationServerMetadata],
  catalogue,
  async examine(given, visit) {
    const { members } = given(authorizationServerMetadata).document;
    const read = await readDocument(visit, `${visit.origin}/.well-known/openid-configuration`);
    if ("finding" in read) return { findings: [read.finding] };
    const differing = Object.keys(members).filter(
      (name) => !isDeepStrictEqual(members[name], read.document.members[name]),
    );
    const [name] = differing;
    if (name === undefined) return { findings: [], fine: "says the same" };
    const what = `The documents differ in ${differing.join(", ")}: ${name} is ${quote(read.document.members[name])} here and ${quote(members[name])} in the authorization server metadata.`;
    return { findings: [find("documents-differ", { what, mend: [deploy(visit)] })] };
  },
};
