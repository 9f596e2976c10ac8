import { describe, expect, it } from "vitest";
import { isWebOrigin } from "./web-origin.ts";

describe("isWebOrigin", () => {
  it.each([
    "https://app.example.com",
    "https://app.example.com:8443",
    "http://localhost:6274",
    "http://[::1]:3000",
    "https://xn--bcher-kva.example",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "safari-web-extension://0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9",
    "tauri://localhost",
    "tauri://localhost:1430",
    "vscode-webview://0k7v1q2r3s4t5u6v7w8x9y0z1a2b3c4d",
    "vscode-file://vscode-app",
    "capacitor://localhost",
    "app://obsidian.md",
  ])("takes %s", (origin) => {
    expect(isWebOrigin(origin)).toBe(true);
  });

  it.each([
    "",
    "*",
    "null",
    "localhost",
    "tauri:localhost",
    "tauri:/localhost",
    "tauri://",
    "tauri://localhost/",
    "tauri://localhost/index.html",
    "tauri://localhost?a",
    "tauri://localhost#a",
    "tauri://user@localhost",
    "tauri://localhost:",
    "tauri://localhost:port",
    "tauri://*",
    "tauri://localhost tauri://other",
    "tauri://localhost,tauri://other",
    'tauri://local"host',
    "tauri://local{host}",
    "tauri://localhost\n",
    "Tauri://localhost",
    "1password://localhost",
    "chrome-extension://*",
    "https://App.example",
    "https://app.example/",
    "https://app.example:443",
    "https://bücher.example",
    "https://app.example:99999",
    "file://",
    "file://localhost",
    "data://localhost",
    "about://blank",
    "blob://localhost",
    "javascript://localhost",
    "ws://localhost",
    "wss://app.example",
    "ftp://app.example",
    `https://${"a".repeat(193)}`,
    `app://${"a".repeat(195)}`,
  ])("refuses %j", (text) => {
    expect(isWebOrigin(text)).toBe(false);
  });
});
