import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyReport, oneColumnReport } from "../../../fixtures/edge";
import { wideReport } from "../../../fixtures/wide";
import type { Report } from "../../api/report";
import { readReport } from "./data";
import { Page } from "./Page";

let root: Root;
let host: HTMLElement;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  location.hash = "";
  host = document.body.appendChild(document.createElement("div"));
  root = createRoot(host);
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

const show = (report: Report) =>
  act(() => root.render(<Page report={report} onReady={() => undefined} />));
const find = (selector: string) => {
  const element = host.querySelector<HTMLElement>(selector);
  if (!element) throw new Error(`nothing matches \`${selector}\``);
  return element;
};
const press = (target: Element, key: string) =>
  act(() =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })),
  );

describe("page", () => {
  it("says the verdict in words", () => {
    show(oneColumnReport());
    expect(find("h1").textContent).toBe("OK");
    expect(host.querySelectorAll(".column-item").length).toBe(1);
  });

  it("survives a report of nothing, with hostile names", () => {
    show(emptyReport());
    expect(find("h1").textContent).toBe("Unknown");
    act(() => host.querySelectorAll<HTMLElement>(".cell-name button")[1]?.click());
    expect(host.textContent).toContain("</script><b>");
    expect(host.querySelector("[role=alert]")).toBeNull();
  });

  it("opens a column, and keeps it in the hash", () => {
    show(wideReport({ columns: 6, periods: 3 }));
    const button = find(".cell-name button");
    expect(button.getAttribute("aria-expanded")).toBe("false");
    act(() => button.click());
    expect(button.getAttribute("aria-expanded")).toBe("true");
    expect(location.hash).toContain("column=feature_");
    expect(host.querySelectorAll("figure").length).toBeGreaterThan(2);
  });

  it("filters by verdict", () => {
    show(wideReport({ columns: 30, periods: 0 }));
    const chip = [...host.querySelectorAll<HTMLElement>(".chip")].find((one) =>
      one.textContent?.startsWith("Critical"),
    );
    act(() => chip?.click());
    expect(host.querySelectorAll(".column-item").length).toBeLessThan(30);
    expect(host.querySelectorAll(".column-item .standing-ok").length).toBe(0);
  });

  it("moves in the grid by arrows and opens the history by Enter", () => {
    show(wideReport({ columns: 6, periods: 4 }));
    const first = find('[data-cell="0:0"]');
    expect(first.tabIndex).toBe(0);
    press(first, "ArrowRight");
    press(find('[data-cell="0:1"]'), "ArrowDown");
    const cell = find('[data-cell="1:1"]');
    expect(document.activeElement).toBe(cell);
    expect(cell.tabIndex).toBe(0);
    expect(host.querySelectorAll('[role=gridcell][tabindex="0"]').length).toBe(1);
    press(cell, "Enter");
    expect(find("#history").textContent).toContain("PSI against the reference");
  });
});

describe("chart frame", () => {
  it("reads values by arrow keys and shows the same as a table", () => {
    show(oneColumnReport());
    act(() => find(".cell-name button").click());
    const surface = find(".chart-surface");
    expect(find("figure [aria-live]").textContent).toBe("");
    press(surface, "Home");
    expect(find("figure [aria-live]").textContent).toMatch(/to .*: Reference .*%, Current .*%/);
    press(surface, "Escape");
    expect(find("figure [aria-live]").textContent).toBe("");
    const toggle = find("figure .button-quiet");
    act(() => toggle.click());
    expect(toggle.getAttribute("aria-pressed")).toBe("true");
    expect(find("figure table").querySelectorAll("tbody tr").length).toBeGreaterThan(5);
  });
});

describe("data", () => {
  it("is refused unless it is a report of this version", () => {
    expect(readReport("")).toBeNull();
    expect(readReport("[]")).toBeNull();
    expect(readReport('{"schema":"watchkeeper.report/v2","check":{}}')).toBeNull();
  });

  it("fills in lists that were left out", () => {
    const report = readReport('{"schema":"watchkeeper.report/v1","check":{"verdict":"ok"}}');
    expect(report?.check.columns).toEqual([]);
    expect(report?.columns).toEqual({});
  });
});
