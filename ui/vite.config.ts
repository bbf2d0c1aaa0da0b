import react from "@vitejs/plugin-react";
import type { Plugin, ViteDevServer } from "vite";
import { defineConfig } from "vitest/config";
import { fillTemplate, inlineAssets } from "./build/inline.ts";

/** `npm run dev` shows a fixture: http://localhost:5173/report.html?fixture=wide */
function fixtureInDev(): Plugin {
  let server: ViteDevServer | undefined;
  return {
    name: "watchkeeper-fixture",
    apply: "serve",
    configureServer(started) {
      server = started;
    },
    async transformIndexHtml(html, context) {
      if (!server) return html;
      const fixtures = await server.ssrLoadModule("/fixtures/index.ts");
      const name = new URLSearchParams(context.originalUrl?.split("?")[1] ?? "").get("fixture");
      // The dev server needs inline modules and a socket, which the report's policy forbids.
      const open = html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "");
      return fillTemplate(open, fixtures.fixtureParts(name ?? "sample"));
    },
  };
}

export default defineConfig({
  plugins: [react(), fixtureInDev(), inlineAssets()],
  build: {
    target: "es2022",
    // Everything inline, the font too: the report must open from a mail attachment.
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: true,
    rollupOptions: { input: "report.html" },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}", "build/**/*.test.ts"] },
});
