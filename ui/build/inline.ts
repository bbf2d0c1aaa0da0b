import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** Script text may not hold `</script` or `<!--`: the HTML parser would end or escape the element there. */
export function escapeScript(code: string): string {
  return code.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
}

/** Puts one chunk or stylesheet where the page referred to it. */
function inlineOne(html: string, fileName: string, tag: RegExp, element: string): string {
  let found = 0;
  // A function as replacement: `$&` and the like in minified code must not be read as patterns.
  const result = html.replace(tag, () => {
    found += 1;
    return element;
  });
  if (found !== 1) throw new Error(`expected one reference to \`${fileName}\`, found ${found}`);
  return result;
}

const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Makes the build ONE file: every chunk and stylesheet goes into the page, nothing else is emitted.
 * Scripts move to the end of `<body>`, after the data they read.
 */
export function inlineAssets(): Plugin {
  return {
    name: "watchkeeper-inline-assets",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = Object.values(bundle).find((file) => file.fileName.endsWith(".html"));
      if (page?.type !== "asset") throw new Error("the build emitted no page");
      let html = String(page.source);
      for (const [key, file] of Object.entries(bundle)) {
        if (file === page) continue;
        const name = quote(file.fileName);
        if (file.type === "chunk") {
          html = inlineOne(
            html,
            file.fileName,
            new RegExp(`<script[^>]*${name}"[^>]*></script>`),
            "",
          );
          const script = `<script type="module">${escapeScript(file.code.trim())}</script>\n`;
          html = html.replace("</body>", () => `${script}</body>`);
        } else if (file.fileName.endsWith(".css")) {
          const style = `<style>${String(file.source).trim()}</style>`;
          html = inlineOne(html, file.fileName, new RegExp(`<link[^>]*${name}"[^>]*>`), style);
        } else {
          throw new Error(`\`${file.fileName}\` was not inlined`);
        }
        delete bundle[key];
      }
      page.source = html;
    },
  };
}

const PLACEHOLDERS = ["title", "static", "data"] as const;

/** What the Rust binary does to the page: each placeholder stands exactly once. */
export function fillTemplate(
  html: string,
  parts: Record<(typeof PLACEHOLDERS)[number], string>,
): string {
  return PLACEHOLDERS.reduce((page, name) => {
    const marker = `<!--wk:${name}-->`;
    if (page.split(marker).length !== 2) throw new Error(`\`${marker}\` must stand exactly once`);
    return page.replace(marker, () => parts[name]);
  }, html);
}

/** Reads the built page. */
export function readPage(path: string): string {
  return readFileSync(path, "utf8");
}
