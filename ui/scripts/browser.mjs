// How scripts start the system's Chromium.
import { existsSync } from "node:fs";

export const BROWSER_ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
];

export function browserPath() {
  const names = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);
  return process.env.CHROMIUM ?? names.find((path) => existsSync(path)) ?? names[0];
}
