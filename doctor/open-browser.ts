import { spawn } from "node:child_process";

/**
 * Opens a URL in the person's browser: the one that `BROWSER` names, otherwise the system's.
 *
 * @returns false when nothing could be started
 */
export function openBrowser(url: string): Promise<boolean> {
  const [command, ...before] = browserCommand(process.platform, process.env["BROWSER"]);
  return new Promise((resolve) => {
    const child = spawn(command, [...before, url], { stdio: "ignore", detached: true, windowsHide: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}

/**
 * @param platform as `process.platform` names it
 * @param browser the variable `BROWSER`
 * @returns the program and what goes before the URL; no shell reads it, for a URL has `&` in it
 */
export function browserCommand(platform: string, browser: string | undefined): [string, ...string[]] {
  if (browser) return [browser];
  if (platform === "win32") return ["rundll32.exe", "url.dll,FileProtocolHandler"];
  return [platform === "darwin" ? "open" : "xdg-open"];
}
