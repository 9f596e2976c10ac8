import type { GatewayConfigInput } from "../../config/schema.ts";
import { notesServer, type RecordingBackend } from "./recording-backend.ts";

type Server = GatewayConfigInput["servers"][number];

/** Has the role {@link CURATOR}. */
export const WITH_ROLE = "Mira Okafor";
/** Does not have it. */
export const WITHOUT_ROLE = "Tess Marlow";
/** An app role of the demo tenant that only some people have. */
const CURATOR = "Mcp.User";

/** The backend as a server at `/notes/mcp` with rules of every kind. */
export function ruledServer(backend: Pick<RecordingBackend, "url">): Server {
  return {
    ...notesServer(backend),
    access: { titles: { [CURATOR]: { en: 'Curator "of" notes', de: "Kurator" } } },
    tools: {
      rules: [
        { name: "write_*", scopes: ["notes.write"] },
        { name: "curate_*", roles: [CURATOR] },
        { name: "*_all", roles: [CURATOR], scopes: ["notes.write"] },
        { name: "drop_*", deny: true },
        { name: "a*b*c", deny: true },
        { name: "exact", deny: true },
      ],
    },
    prompts: { default: "deny", rules: [{ name: "draft*" }, { name: "draft_secret", roles: [CURATOR] }] },
    resources: {
      default: "deny",
      rules: [
        { uri: "note://*" },
        { uri: "note://secret/*", deny: true },
        { uri: "note://team/*", scopes: ["notes.write"] },
      ],
    },
  };
}
