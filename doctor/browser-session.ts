import type { Answer, Network, Question } from "./network.ts";

/** Sign-in pages turn programs away that do not look like a browser. */
const USER_AGENT = "Mozilla/5.0 (compatible; entra-mcp-gateway-doctor)";

/**
 * A browser as far as a sign-in needs one: it keeps cookies, and says where a navigation comes from. Cookies stay in
 * memory and are never shown.
 */
export class BrowserSession {
  readonly #network: Network;
  readonly #cookies = new Map<string, string>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Names of the cookies that are kept. */
  get cookieNames(): readonly string[] {
    return [...this.#cookies.keys()];
  }

  /** Opens a page from the address bar, or by a link or redirect of another site. @throws NetworkError */
  open(url: string, from: "none" | "cross-site" = "none"): Promise<Answer> {
    return this.#send(url, {
      headers: {
        accept: "text/html,application/xhtml+xml",
        "sec-fetch-dest": "document",
        "sec-fetch-mode": "navigate",
        "sec-fetch-site": from,
      },
    });
  }

  /**
   * Sends a form.
   *
   * @param origin of the page that the form stands on
   * @param withCookies also from another site, where a browser sends none
   * @throws NetworkError
   */
  submit(
    url: string,
    fields: Readonly<Record<string, string>>,
    origin: string,
    withCookies = true,
  ): Promise<Answer> {
    const question: Question = {
      method: "POST",
      headers: {
        accept: "text/html,application/xhtml+xml",
        "content-type": "application/x-www-form-urlencoded",
        origin,
        "sec-fetch-dest": "document",
        "sec-fetch-mode": "navigate",
        "sec-fetch-site": origin === new URL(url).origin ? "same-origin" : "cross-site",
      },
      body: new URLSearchParams(fields).toString(),
    };
    return this.#send(url, question, withCookies);
  }

  /**
   * Brings an answer of Entra's, which its page posts: without cookies, since these are `SameSite=Lax`. Follows the redirect.
   *
   * @param url of the gateway's callback
   * @param origin of Entra's page
   * @returns the answer to the form, and where it redirects, the answer to that
   * @throws NetworkError
   */
  async bringAnswer(
    url: string,
    fields: Readonly<Record<string, string>>,
    origin: string,
  ): Promise<{ readonly posted: Answer; readonly followed: Answer | undefined }> {
    const posted = await this.submit(url, fields, origin, false);
    const location = URL.parse(posted.headers.get("location") ?? "", posted.url);
    const isOwn = location?.origin === new URL(url).origin && posted.status === 303;
    return { posted, followed: isOwn ? await this.open(location.href, "cross-site") : undefined };
  }

  async #send(url: string, question: Question, withCookies = true): Promise<Answer> {
    const cookie = [...(withCookies ? this.#cookies : [])]
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
    const headers = { "user-agent": USER_AGENT, ...question.headers, ...(cookie ? { cookie } : {}) };
    const answer = await this.#network.ask(url, { ...question, headers });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";");
    const [name = "", ...value] = pair.split("=");
    const ended = attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute));
    if (ended) this.#cookies.delete(name.trim());
    else this.#cookies.set(name.trim(), value.join("=").trim());
  }
}

/** The first form of a page that is sent with POST. */
export interface Form {
  /** Whole URL. */
  readonly action: string;
  /** Its hidden fields. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Reads the form off one of the gateway's own pages, whose markup is plain. */
export function readForm({ url, body }: Answer): Form | undefined {
  const form = /<form\b[^>]*\bmethod="post"[^>]*>.*?<\/form>/is.exec(body)?.[0];
  if (!form) return undefined;
  const action = /\baction="([^"]*)"/i.exec(form)?.[1] ?? "";
  const inputs = form.match(/<input\b[^>]*>/gi) ?? [];
  const fields = inputs.map((input) => [attribute(input, "name"), attribute(input, "value")] as const);
  return {
    action: new URL(unescapeHtml(action), url).href,
    fields: Object.fromEntries(fields.filter(([name]) => name)),
  };
}

function attribute(tag: string, name: string): string {
  return unescapeHtml(new RegExp(`\\b${name}="([^"]*)"`, "i").exec(tag)?.[1] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeHtml(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
    code ? String.fromCodePoint(Number(code)) : (ENTITIES[name ?? ""] ?? whole),
  );
}
