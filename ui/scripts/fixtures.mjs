// Fills the built page with each fixture, as the Rust binary would: dist/fixtures/<name>.html
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const { module: fixtures } = await runnerImport(`${root}fixtures/index.ts`, {
  configFile: false,
  root,
});
const { module: inline } = await runnerImport(`${root}build/inline.ts`, {
  configFile: false,
  root,
});

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(fixtures.FIXTURES);
const page = inline.readPage(`${root}dist/report.html`);
mkdirSync(`${root}dist/fixtures`, { recursive: true });
for (const name of names) {
  const html = inline.fillTemplate(page, fixtures.fixtureParts(name));
  writeFileSync(`${root}dist/fixtures/${name}.html`, html);
  console.log(`dist/fixtures/${name}.html ${html.length.toLocaleString("en")} bytes`);
}
