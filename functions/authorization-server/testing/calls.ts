import type { Call } from "../../platform/endpoint.ts";
import type { LogField, LogLevel } from "../../platform/log.ts";

export interface LoggedLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, LogField>>;
}

/** A call that keeps what was logged in it. */
export function makeCall(): Call & { readonly lines: readonly LoggedLine[] } {
  const lines: LoggedLine[] = [];
  return {
    correlationId: "correlation-1",
    lines,
    log: (level, event, fields = {}) => lines.push({ level, event, fields }),
  };
}

/** A form as a client or a browser posts it. */
export function formRequest(
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Request {
  return new Request(`https://as.example${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers,
  });
}

/** A request of a browser that holds the cookies of these `Set-Cookie` values, in order. */
export function withCookies(setCookies: readonly string[]): Request {
  const jar = new Map<string, string>();
  for (const header of setCookies) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
    if (/; Max-Age=0$/.test(header)) jar.delete(name);
    else jar.set(name, value);
  }
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  return new Request("https://as.example/", { headers: cookie ? { cookie } : {} });
}
