import { describe, expect, it } from "vitest";
import { emptyReport } from "../../fixtures/edge";
import { wideReport } from "../../fixtures/wide";
import { measurement } from "../charts/testing";
import { contrast, inkOn, luminance, ratioColor } from "./color";
import { buildRows, filterRows, sortRows } from "./columns";
import * as f from "./format";
import { effectRatio, formatMeasured, formatMetric, headline, metricLabel } from "./measurement";
import { DEFAULT_STATE, formatHash, parseHash, SORT_KEYS, type UrlState } from "./urlState";
import { STANDINGS, severity, standingOf } from "./verdict";

describe("format", () => {
  it("never shows a number for none", () => {
    for (const format of [
      f.formatCount,
      f.formatNumber,
      f.formatShare,
      f.formatPoints,
      f.formatP,
      f.formatBytes,
    ]) {
      expect(format(null)).toBe("–");
      expect(format(Number.NaN)).toBe("–");
    }
    expect(f.formatValue(undefined, "timestamp_us")).toBe("–");
  });

  it("keeps significant digits", () => {
    expect(f.significant(1234.5678, 3)).toBe("1,235");
    expect(f.significant(0.012345, 3)).toBe("0.0123");
    expect(f.significant(-2.5)).toBe("−2.5");
    expect(f.significant(1.5e12, 3)).toBe("1.50e+12");
  });

  it("shows small shares as small, not as none", () => {
    expect(f.formatShare(0)).toBe("0\u202f%");
    expect(f.formatShare(0.00001)).toBe("<0.01\u202f%");
    expect(f.formatShare(0.1234)).toBe("12.3\u202f%");
    expect(f.formatShare(0.9999)).toBe("99.99\u202f%");
    expect(f.formatShare(1)).toBe("100\u202f%");
  });

  it("signs changes, but not zeros", () => {
    expect(f.formatPoints(0.063)).toBe("+6.3\u202fpt");
    expect(f.formatPoints(-0.063)).toBe("−6.3\u202fpt");
    expect(f.formatPoints(0)).toBe("0\u202fpt");
    expect(f.formatChange(-0.5, "number")).toBe("−0.5");
    expect(f.formatChange(3, "date_days")).toBe("+3 d");
  });

  it("writes instants in UTC, and leaves alone what is none", () => {
    expect(f.formatTime("2026-11-22T21:12:00Z")).toBe("2026-11-22 21:12 UTC");
    expect(f.formatTime("soon")).toBe("soon");
    expect(f.formatValue(0, "timestamp_us")).toBe("1970-01-01 00:00Z");
    expect(f.formatValue(1e300, "timestamp_us")).toBe("–");
  });

  it("counts", () => {
    expect(f.plural(1, "column")).toBe("1 column");
    expect(f.plural(1200, "column")).toBe("1,200 columns");
    expect(f.formatCompact(336_776)).toBe("337\u202fk");
    expect(f.formatBytes(1536)).toBe("1.5\u202fKiB");
  });
});

describe("url state", () => {
  it("is empty by default", () => {
    expect(formatHash(DEFAULT_STATE)).toBe("");
    expect(parseHash("")).toEqual(DEFAULT_STATE);
  });

  it("reads back what it wrote", () => {
    const names = [null, "temp", "a&b=c #%", "日本語", "__proto__", ""];
    for (const [i, column] of names.entries()) {
      for (const sort of SORT_KEYS) {
        for (const descending of [true, false]) {
          const state: UrlState = {
            query: column ?? "",
            verdicts: STANDINGS.slice(i),
            role: i % 2 ? "feature" : "",
            sort,
            descending,
            column,
            history: names[i - 1] ?? null,
          };
          expect(parseHash(formatHash(state))).toEqual(state);
        }
      }
    }
  });

  it("ignores what it does not know", () => {
    expect(parseHash("#sort=evil&verdict=ok,nonsense&x=1")).toEqual({
      ...DEFAULT_STATE,
      verdicts: ["ok"],
    });
    expect(parseHash("#columns")).toEqual(DEFAULT_STATE);
  });
});

describe("verdict", () => {
  it("ranks unknown above ok", () => {
    expect(severity("critical")).toBeGreaterThan(severity("warning"));
    expect(severity("unknown")).toBeGreaterThan(severity("ok"));
  });

  it("calls a column without deciding measurements not judged, unless it has a finding", () => {
    expect(standingOf({ verdict: "ok", measurements: [] })).toBe("not_judged");
    expect(standingOf({ verdict: "critical", measurements: [] })).toBe("critical");
    expect(standingOf({ verdict: "unknown", measurements: [] })).toBe("unknown");
    expect(standingOf({ verdict: "unknown", measurements: [], role: "id" })).toBe("not_judged");
    expect(standingOf({ verdict: "ok", measurements: [measurement()] })).toBe("ok");
  });
});

describe("measurement", () => {
  it("relates the effect to its limit", () => {
    expect(effectRatio(measurement({ value: 0.3 }))).toBeCloseTo(2, 9);
    expect(effectRatio(measurement({ value: -0.3 }))).toBeCloseTo(2, 9);
    expect(effectRatio(measurement({ metric: "missing_rate_change", value: -0.3 }))).toBe(0);
    expect(effectRatio(measurement({ status: "undefined", value: 0 }))).toBeNull();
    expect(effectRatio(measurement({ decision_threshold: null, threshold: null }))).toBeNull();
    expect(effectRatio(undefined)).toBeNull();
  });

  it("lets the worst deciding measurement speak, the first among equals", () => {
    const quiet = measurement({ verdict: "ok", metric: "psi" });
    const second = measurement({ verdict: "ok", metric: "ks" });
    const loud = measurement({ verdict: "critical", metric: "missing_rate_change" });
    expect(headline([quiet, second])?.metric).toBe("psi");
    expect(headline([quiet, loud])?.metric).toBe("missing_rate_change");
    expect(headline([measurement({ alarm: false })])).toBeUndefined();
  });

  it("prints values by metric, and as precisely as the interval allows", () => {
    expect(formatMetric("missing_rate_change", 0.03)).toBe("+3.0\u202fpt");
    expect(formatMetric("duplicate_rate", 0.03)).toBe("3.0\u202f%");
    expect(formatMeasured(measurement({ value: 0.15678, ci_low: 0.14, ci_high: 0.17 }))).toBe(
      "0.157",
    );
    expect(metricLabel("js_distance")).toBe("JS distance");
    expect(metricLabel("some_new_metric")).toBe("Some new metric");
    expect(metricLabel("constructor")).toBe("Constructor");
  });
});

describe("colour", () => {
  it("grows with the effect in both themes", () => {
    const light = [0, 0.5, 1, 2, 4].map((ratio) => luminance(ratioColor(ratio, "light")));
    const dark = [0, 0.5, 1, 2, 4].map((ratio) => luminance(ratioColor(ratio, "dark")));
    expect(light).toEqual(light.toSorted((a, b) => b - a));
    expect(dark).toEqual(dark.toSorted((a, b) => a - b));
  });

  it("keeps marks visible on every cell", () => {
    for (const theme of ["light", "dark"] as const) {
      for (let ratio = 1; ratio < 5; ratio += 0.1) {
        const color = ratioColor(ratio, theme);
        const ink =
          inkOn(color) === "#ffffff" ? ([255, 255, 255] as const) : ([10, 12, 16] as const);
        expect(contrast(color, ink)).toBeGreaterThan(3);
      }
    }
  });
});

describe("columns", () => {
  const rows = buildRows(wideReport({ columns: 40, periods: 0 }));

  it("sorts worst first, and unknown effects last in both directions", () => {
    const sorted = sortRows(rows, DEFAULT_STATE);
    expect(sorted[0]?.standing).toBe("critical");
    const odd = [...rows, ...buildRows(emptyReport())];
    for (const descending of [true, false]) {
      expect(
        sortRows(odd, { ...DEFAULT_STATE, sort: "effect", descending }).at(-1)?.ratio,
      ).toBeNull();
    }
  });

  it("filters by words, verdict and role", () => {
    expect(filterRows(rows, { ...DEFAULT_STATE, query: "FEATURE_000 utf8" }).length).toBe(2);
    expect(filterRows(rows, { ...DEFAULT_STATE, verdicts: ["unknown"] })).toEqual([]);
    expect(filterRows(rows, { ...DEFAULT_STATE, role: "label" })).toEqual([]);
  });

  it("survives hostile names and columns without views", () => {
    const odd = buildRows(emptyReport());
    expect(odd.map((row) => row.views.length)).toEqual([0, 2]);
    expect(odd.every((row) => row.missing.change === null)).toBe(true);
  });
});
