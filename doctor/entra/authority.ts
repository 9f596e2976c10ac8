import { clouds } from "../../config/clouds.ts";
import { isLoopback, type Visit } from "../visit.ts";

/** Entra's sign-in hosts: those of each cloud, and the older names. */
const HOSTS: ReadonlySet<string> = new Set([
  ...Object.values(clouds).flatMap(({ authorityHost, issuerV1Host }) =>
    [authorityHost, issuerV1Host].map((url) => new URL(url).host),
  ),
  "login.chinacloudapi.cn",
  "login.windows.net",
  "login.microsoft.com",
]);

/** @returns whether a URL is at one of Entra's sign-in hosts */
export function isEntra(url: string): boolean {
  return HOSTS.has(URL.parse(url)?.hostname ?? "");
}

/** @returns whether this gateway may send a person there: to Entra, or from this machine to a stand-in on it */
export function isAuthority(url: URL, { local }: Pick<Visit, "local">): boolean {
  if (HOSTS.has(url.hostname)) return url.protocol === "https:";
  return local && isLoopback(url.hostname);
}
