import type { Call } from "../../platform/endpoint.ts";
import type { LogField, LogLevel } from "../../platform/log.ts";
import { COUNTED_CLIENT_HEADER } from "../oauth/client-authentication/counted-client.ts";
import { presentedCredentials } from "../oauth/client-authentication/credentials.ts";
import { uniqueParameters } from "../oauth/request-body.ts";

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

/** A form as a client or a browser posts it, and the gateway passes it on. */
export function formRequest(
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Request {
  const body = new URLSearchParams(form);
  return new Request(`https://as.example${path}`, {
    method: "POST",
    body,
    headers: { ...counted(body, headers["authorization"]), ...headers },
  });
}

/** What the gateway's policy adds to a form: the client that it can read from it, and nobody where there is none. */
export function counted(form: URLSearchParams, authorization = ""): Readonly<Record<string, string>> {
  const request = new Request("https://as.example/", { headers: { authorization } });
  try {
    const { clientId } = presentedCredentials(request, uniqueParameters(form));
    return { [COUNTED_CLIENT_HEADER]: encodeURIComponent(clientId.toWellFormed()) };
  } catch {
    return { [COUNTED_CLIENT_HEADER]: "" };
  }
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
