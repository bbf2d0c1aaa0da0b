import "../../styles/index.css";
import { createRoot } from "react-dom/client";
import { readReport } from "./data";
import { Page } from "./Page";

/** Shows the page again as Rust wrote it, should the scripts fail: the static tables stay readable. */
function unveil(): void {
  document.documentElement.classList.remove("wk-mounting");
}

function start(): void {
  const root = document.getElementById("root");
  const report = readReport(document.getElementById("wk-data")?.textContent ?? "");
  if (!root || !report) {
    console.error("the report's data could not be read");
    unveil();
    return;
  }
  // React replaces the static tables when it first draws.
  createRoot(root, { onUncaughtError: (error) => console.error(error) }).render(
    <Page report={report} onReady={unveil} />,
  );
}

try {
  start();
} catch (error) {
  unveil();
  throw error;
}
