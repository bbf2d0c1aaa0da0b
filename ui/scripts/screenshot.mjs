// Takes a picture of a report: node scripts/screenshot.mjs REPORT.html PICTURE.png [width height]
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { BROWSER_ARGS, browserPath } from "./browser.mjs";

const [report, picture, width = "1280", height = "1180"] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: browserPath(), args: BROWSER_ARGS });
const page = await browser.newPage({
  viewport: { width: Number(width), height: Number(height) },
  colorScheme: "light",
});
await page.goto(pathToFileURL(report).href);
await page.waitForSelector(".cell-name");
await page.screenshot({ path: picture });
await browser.close();
