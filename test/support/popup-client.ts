import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** How the client's page gets its answer out of the popup. */
export type PopupWay = "message" | "location";

/** A web client that opens the authorization server's page in a popup. */
export interface PopupClient {
  readonly redirectUri: string;
  /** @returns the URL of its page, whose button opens the popup at the given URL, and whose `output` gets the answer's query */
  page(way: PopupWay, authorizationUrl: string): string;
  close(): Promise<void>;
}

/** What follows in the client's page once the popup is open. */
const OPENER: Readonly<Record<PopupWay, string>> = {
  message: `addEventListener("message", ({ origin, data }) => { if (origin === location.origin) answer(data); });`,
  location: `const timer = setInterval(() => {
    try {
      if (popup.location.pathname !== "/callback") return;
    } catch {
      return;
    }
    clearInterval(timer);
    answer(popup.location.search);
  }, 20);`,
};

/** The page at the redirect URI. It posts its query whether anybody listens or not. */
const CALLBACK = `<!doctype html><title>Signed in</title>
<script>if (opener) opener.postMessage(location.search, location.origin);</script>`;

const clientPage = (way: PopupWay, authorizationUrl: string) => `<!doctype html><title>Web client</title>
<button onclick="signIn()">Sign in</button><output></output>
<script>
let popup;
function answer(search) { document.querySelector("output").value = search; popup.close(); }
function signIn() { popup = open(${JSON.stringify(authorizationUrl)}, "sign-in", "width=600,height=700"); ${OPENER[way]} }
</script>`;

/** Starts it on loopback, as 127.0.0.1, which a browser takes for another site than localhost. */
export async function startPopupClient(): Promise<PopupClient> {
  const pages: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    const html = pathname === "/callback" ? CALLBACK : pages[Number(pathname.slice(1))];
    response.writeHead(html === undefined ? 404 : 200, { "content-type": "text/html" }).end(html);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri: `${origin}/callback`,
    page: (way, authorizationUrl) => `${origin}/${pages.push(clientPage(way, authorizationUrl)) - 1}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
