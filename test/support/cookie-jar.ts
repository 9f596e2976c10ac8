interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly secure: boolean;
  readonly sameSite: "strict" | "lax" | "none";
  /** Milliseconds since 1970; undefined for a session cookie. */
  readonly expiresAt: number | undefined;
}

/** How a browser comes to send a request, as far as cookies depend on it. */
export interface Navigation {
  readonly crossSite: boolean;
  readonly method: string;
}

/** Chromium refuses a cookie whose name and value are longer. */
const LONGEST_COOKIE_BYTES = 4096;

/**
 * A browser's cookies (RFC 6265bis), which belong to a host whatever the port. What Chromium would silently drop is an
 * error here, so that a test says what went wrong.
 */
export class CookieJar {
  readonly #byHost = new Map<string, Map<string, StoredCookie>>();
  readonly #values = new Set<string>();

  /** Every value that was ever set, for tests that search for them elsewhere. */
  get everyValue(): readonly string[] {
    return [...this.#values];
  }

  /** @throws Error for a cookie that Chromium would not keep */
  store(url: URL, headers: Headers): void {
    for (const header of headers.getSetCookie()) {
      const cookie = parse(header, url);
      const cookies = this.#byHost.get(url.hostname) ?? new Map<string, StoredCookie>();
      this.#byHost.set(url.hostname, cookies);
      const key = `${cookie.name};${cookie.path}`;
      if (cookie.expiresAt !== undefined && cookie.expiresAt <= Date.now()) cookies.delete(key);
      else cookies.set(key, cookie);
      if (cookie.value) this.#values.add(cookie.value);
    }
  }

  /** @returns the `Cookie` header of a request; undefined when there is nothing to send */
  header(url: URL, { crossSite, method }: Navigation): string | undefined {
    const sent = this.#at(url.hostname).filter(
      (cookie) =>
        pathMatches(url.pathname, cookie.path) &&
        (!cookie.secure || isTrustworthy(url)) &&
        (!crossSite ||
          cookie.sameSite === "none" ||
          (cookie.sameSite === "lax" && (method === "GET" || method === "HEAD"))),
    );
    return sent.length > 0 ? sent.map(({ name, value }) => `${name}=${value}`).join("; ") : undefined;
  }

  /** @returns the cookies of a host, by name */
  at(host: string): ReadonlyMap<string, string> {
    return new Map(this.#at(host).map(({ name, value }) => [name, value]));
  }

  /** Puts a cookie in by hand, as somebody with the developer tools would. */
  set(host: string, name: string, value: string): void {
    const cookies = this.#byHost.get(host) ?? new Map<string, StoredCookie>();
    this.#byHost.set(host, cookies);
    cookies.set(`${name};/`, {
      name,
      value,
      path: "/",
      secure: true,
      sameSite: "lax",
      expiresAt: undefined,
    });
  }

  #at(host: string): readonly StoredCookie[] {
    const now = Date.now();
    return [...(this.#byHost.get(host)?.values() ?? [])].filter(
      ({ expiresAt }) => expiresAt === undefined || expiresAt > now,
    );
  }
}

function parse(header: string, url: URL): StoredCookie {
  const [pair = "", ...rest] = header.split(";").map((part) => part.trim());
  const equals = pair.indexOf("=");
  const name = pair.slice(0, equals);
  const value = pair.slice(equals + 1);
  const attributes = new Map(
    rest.map((part) => {
      const [key = "", argument = ""] = part.split("=");
      return [key.toLowerCase(), argument];
    }),
  );
  const secure = attributes.has("secure");
  const path = attributes.get("path") || "/";
  const refuse = (why: string): never => {
    throw new Error(`a browser refuses the cookie ${name}: ${why}`);
  };
  if (Buffer.byteLength(pair) > LONGEST_COOKIE_BYTES) refuse("it is longer than 4096 bytes");
  if (secure && !isTrustworthy(url)) refuse("Secure over plain http");
  if (name.startsWith("__Host-") && (!secure || path !== "/" || attributes.has("domain"))) {
    refuse("__Host- needs Secure, Path=/ and no Domain");
  }
  const sameSite = (attributes.get("samesite") ?? "lax").toLowerCase();
  if (sameSite !== "strict" && sameSite !== "lax" && sameSite !== "none")
    return refuse("SameSite is unknown");
  const maxAge = attributes.get("max-age");
  const expires = attributes.get("expires");
  const expiresAt =
    maxAge !== undefined
      ? Date.now() + Number(maxAge) * 1000
      : expires === undefined
        ? undefined
        : Date.parse(expires);
  return { name, value, path, secure, sameSite, expiresAt };
}

/** RFC 6265bis §5.1.4. */
function pathMatches(path: string, cookiePath: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith("/") ? cookiePath : `${cookiePath}/`);
}

/** Chromium takes loopback for as good as TLS. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
