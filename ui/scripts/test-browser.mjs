// Opens finished reports in Chromium and checks what only a browser can:
//   node scripts/test-browser.mjs [--out <folder>] [<report.html> …]
// No console errors, no requests, axe without violations in light and dark, wide and narrow; readable
// tables without JavaScript. Screenshots go to --out. Without paths: dist/fixtures/*.html.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { BROWSER_ARGS, browserPath } from "./browser.mjs";

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);
const SIZES = { wide: { width: 1440, height: 1000 }, narrow: { width: 390, height: 844 } };

function readArguments(args) {
  const at = args.indexOf("--out");
  const out = at < 0 ? "dist/shots" : args[at + 1];
  const paths = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
  const found = () => readdirSync("dist/fixtures").map((name) => `dist/fixtures/${name}`);
  return { out, paths: paths.length > 0 ? paths : found() };
}

/** Collects what the page must not do. */
function watch(page, problems) {
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) problems.push(`request: ${request.url()}`);
  });
}

async function axe(page, problems, where) {
  // Evaluated by the debugger, so the page's policy does not apply to it.
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes
        .slice(0, 3)
        .map((node) => `${node.target} ${node.failureSummary?.split("\n")[1] ?? ""}`),
      count: nodes.length,
    }));
  });
  for (const v of violations)
    problems.push(`axe ${where}: ${v.id} (${v.count}) ${v.help}: ${v.nodes.join("; ")}`);
}

/** The page itself may not scroll sideways: only tables and grids in it may. */
async function reflow(page, problems, where) {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (excess > 0) problems.push(`${where}: the page is ${excess} px wider than the window`);
}

/** Opens a column and a history, one chart as table; `other` also switches what can be switched. */
async function openDetails(page, state) {
  const button = page.locator(".cell-name button").first();
  if ((await button.count()) > 0) await button.click();
  const cell = page.locator(".effects-cell[role=gridcell]").first();
  if ((await cell.count()) > 0) await cell.click();
  const toggles = page.locator("figure .chart-controls > .button-quiet");
  if ((await toggles.count()) > 1) await toggles.last().click();
  const ecdf = page.locator(".segmented button", { hasText: "ECDF" }).first();
  if (state === "other" && (await ecdf.count()) > 0) await ecdf.click();
  const matrix = page.locator(".segmented button", { hasText: "Matrix" }).first();
  if (state === "other" && (await matrix.count()) > 0) await matrix.click();
  await page.waitForTimeout(150);
}

async function checkTheme(browser, url, name, out, size, colorScheme) {
  const problems = [];
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  watch(page, problems);
  const started = Date.now();
  await page.goto(url);
  await page.locator(".top-bar").waitFor({ timeout: 15_000 });
  const ready = Date.now() - started;
  const where = `${size} ${colorScheme}`;
  await page.screenshot({ path: `${out}/${name}-${size}-${colorScheme}.png` });
  await openDetails(page, colorScheme === "dark" ? "other" : "first");
  await page.evaluate(() => scrollTo(0, 0));
  await reflow(page, problems, where);
  await axe(page, problems, where);
  await page.screenshot({ path: `${out}/${name}-${size}-${colorScheme}-open.png`, fullPage: true });
  await context.close();
  return { problems, ready };
}

async function checkPrint(browser, url, name, out) {
  const problems = [];
  const context = await browser.newContext({ viewport: SIZES.wide, colorScheme: "dark" });
  const page = await context.newPage();
  watch(page, problems);
  await page.goto(url);
  await page.locator(".top-bar").waitFor();
  await page.pdf({ path: `${out}/${name}.pdf`, format: "A4" });
  await context.close();
  return problems;
}

async function checkWithoutScripts(browser, url, name, out) {
  const problems = [];
  const context = await browser.newContext({ viewport: SIZES.wide, javaScriptEnabled: false });
  const page = await context.newPage();
  watch(page, problems);
  await page.goto(url);
  const text = await page.locator("#root").innerText();
  if (!(await page.locator("#root table.static").first().isVisible()))
    problems.push("no scripts: no table in sight");
  if (text.trim().length < 40) problems.push("no scripts: the page has no text");
  await page.screenshot({ path: `${out}/${name}-noscript.png` });
  await context.close();
  return problems;
}

const { out, paths } = readArguments(process.argv.slice(2));
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: browserPath(),
  args: BROWSER_ARGS,
});
let failed = 0;
for (const path of paths) {
  const url = pathToFileURL(resolve(path)).href;
  const name = basename(path, ".html");
  const problems = [];
  const times = [];
  for (const size of Object.keys(SIZES)) {
    for (const scheme of ["light", "dark"]) {
      const result = await checkTheme(browser, url, name, out, size, scheme);
      problems.push(...result.problems);
      times.push(result.ready);
    }
  }
  problems.push(...(await checkPrint(browser, url, name, out)));
  problems.push(...(await checkWithoutScripts(browser, url, name, out)));
  console.log(
    `${problems.length === 0 ? "ok  " : "FAIL"} ${path} (ready after ${times.join(", ")} ms)`,
  );
  for (const problem of problems) console.log(`     ${problem}`);
  failed += problems.length;
}
await browser.close();
process.exitCode = failed > 0 ? 1 : 0;
