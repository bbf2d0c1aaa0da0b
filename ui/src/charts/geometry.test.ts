import { describe, expect, it } from "vitest";
import type { CategoricalView, Group } from "../api/report";
import { linearAxis, logAxis } from "./axis";
import { buildBullet } from "./bullet";
import { buildCategories } from "./categories";
import { moveCursor, nearestPoint } from "./cursor";
import { buildDistribution, buildEcdfChart, distributionTable } from "./distribution";
import { buildEffects, effectSeries, labelStep, shortLabel } from "./effects";
import { buildHistory } from "./history";
import { linePath, lonePoints, stepPath } from "./paths";
import { buildSpark } from "./sparkline";
import { measurement, numeric, summary } from "./testing";

const group = (label: string, columns: Group["columns"], rows = 100): Group => ({
  key: label,
  label,
  start: null,
  end: null,
  rows,
  verdict: "ok",
  reason: "",
  columns,
});

describe("bullet", () => {
  it("places value and thresholds on one axis from zero", () => {
    const bullet = buildBullet(measurement());
    expect(bullet?.zero).toBe(0);
    expect(bullet?.domain[0]).toBe(0);
    expect(bullet?.threshold).toBeLessThan(bullet?.decision ?? 0);
    expect(bullet?.critical).toBeLessThan(1);
  });

  it("keeps negative values on the strip", () => {
    const bullet = buildBullet(measurement({ value: -0.2, ci_low: -0.3, ci_high: -0.1 }));
    expect(bullet?.value).toBeGreaterThan(0);
    expect(bullet?.value).toBeLessThan(bullet?.zero ?? 0);
  });

  it("draws no value that was not measured", () => {
    expect(buildBullet(measurement({ value: 0, status: "insufficient_data" }))?.value).toBeNull();
    const nothing = { threshold: null, decision_threshold: null };
    const none = { critical_threshold: null, critical_decision_threshold: null };
    expect(buildBullet(measurement({ value: null, ...nothing, ...none }))).toBeNull();
  });
});

describe("categories", () => {
  const view: CategoricalView = {
    kind: "categorical",
    categories: [
      { label: "a", kind: "kept", reference: 50, current: 20 },
      { label: "b", kind: "kept", reference: 50, current: 70 },
      { label: "", kind: "unseen", reference: 0, current: 10 },
    ],
    unseen: [],
    reference_summary: summary(),
    current_summary: summary(),
  };

  it("ranks by the change of the share", () => {
    const { rows } = buildCategories(view);
    expect(rows.map((row) => row.label)).toEqual(["a", "b", ""]);
    expect(rows[0]?.delta).toBeCloseTo(-0.3, 9);
    expect(rows[0]?.noise).toBeGreaterThan(0.1);
  });

  it("has no deltas when a side is empty", () => {
    const empty = { ...view, categories: view.categories.map((c) => ({ ...c, current: 0 })) };
    expect(
      buildCategories(empty).rows.every((row) => row.delta === null && row.current === null),
    ).toBe(true);
    expect(buildCategories({ ...view, categories: [] }).rows).toEqual([]);
  });
});

describe("axes", () => {
  it("map domain to 0..1 and back", () => {
    for (const axis of [
      linearAxis([5, 9], "number"),
      logAxis([0.1, 1e4], 1),
      logAxis([-50, 1e3], 1),
    ]) {
      expect(axis.forward(axis.domain[0])).toBeCloseTo(0, 9);
      expect(axis.forward(axis.domain[1])).toBeCloseTo(1, 9);
      expect(axis.inverse(axis.forward(7))).toBeCloseTo(7, 6);
    }
  });

  it("give a single value room", () => {
    expect(linearAxis([3, 3], "number").forward(3)).toBeCloseTo(0.5, 9);
    expect(linearAxis([0, 0], "number").domain).toEqual([-0.5, 0.5]);
  });

  it("have whole ticks for whole numbers and dates for dates", () => {
    expect(
      linearAxis([0, 2], "integer")
        .ticks(8)
        .map((tick) => tick.label),
    ).toEqual(["0", "1", "2"]);
    const dates = linearAxis([19_700, 20_000], "date_days").ticks(4);
    expect(dates.length).toBeGreaterThan(1);
    expect(dates[0]?.label).toMatch(/[A-Z2]/);
  });
});

describe("effects", () => {
  const weak = measurement({ value: 0.01, verdict: "ok" });
  const strong = measurement({ value: 0.9, verdict: "critical" });
  const columns = [
    { name: "x", verdict: "ok" as const, reason: "", measurements: [weak] },
    { name: "y", verdict: "critical" as const, reason: "", measurements: [strong] },
  ];
  const rows = buildEffects([group("1", columns), group("2", columns.slice(0, 1))]);

  it("puts the strongest column first and leaves absent cells unknown", () => {
    expect(rows.map((row) => row.name)).toEqual(["y", "x"]);
    expect(rows[0]?.cells.map((cell) => cell.ratio)).toEqual([0.9 / 0.15, null]);
    expect(buildEffects([])).toEqual([]);
  });

  it("keeps to one metric over time", () => {
    const missing = measurement({ metric: "missing_rate_change", value: 0.9, verdict: "critical" });
    const one = buildEffects([
      group("1", [{ name: "x", verdict: "ok", reason: "", measurements: [weak] }]),
      group("2", [{ name: "x", verdict: "critical", reason: "", measurements: [weak, missing] }]),
    ])[0];
    expect(one && effectSeries(one)?.map((m) => m?.metric)).toEqual([
      undefined,
      "missing_rate_change",
    ]);
  });

  it("thins labels", () => {
    expect(labelStep(112, ["2013-07"])).toBe(1);
    expect(labelStep(16, ["2013-07"])).toBe(4);
    expect(labelStep(16, [])).toBe(1);
    expect(shortLabel("x".repeat(200)).length).toBe(18);
  });
});

describe("history", () => {
  const groups = ["a", "b", "c"].map((label) => group(label, []));
  const spec = {
    series: [{ label: "v", look: "", values: [1, null, 3] }],
    fromZero: true,
    format: String,
  };

  it("leaves gaps where there is no value", () => {
    const model = buildHistory(spec, groups, 400);
    expect(model.gaps).toEqual([1]);
    expect(model.series[0]?.points.map((point) => point[1] === null)).toEqual([false, true, false]);
    expect(model.points.map((point) => point.values)).toEqual([["1"], ["null"], ["3"]]);
  });

  it("survives no groups and no values", () => {
    expect(buildHistory(spec, [], 400).points).toEqual([]);
    const empty = { ...spec, series: [{ label: "v", look: "", values: [null, null, null] }] };
    expect(buildHistory(empty, groups, 400).gaps).toEqual([0, 1, 2]);
  });
});

describe("paths", () => {
  it("break at missing values", () => {
    const points = [
      [0, 1],
      [1, null],
      [2, 3],
      [3, 4],
    ] as const;
    expect(linePath(points).match(/M/g)?.length).toBe(2);
    expect(lonePoints(points)).toEqual([[0, 1]]);
  });

  it("close steps on the base line", () => {
    expect(stepPath([0, 10, 20], [5, 2], 8)).toBe("M0,8V5H10V2H20V8");
  });
});

describe("cursor", () => {
  it("moves within the points and ignores other keys", () => {
    expect(moveCursor("ArrowRight", null, 3)).toBe(0);
    expect(moveCursor("ArrowRight", 2, 3)).toBe(2);
    expect(moveCursor("Home", 2, 3)).toBe(0);
    expect(moveCursor("x", 2, 3)).toBeNull();
    expect(moveCursor("End", null, 0)).toBeNull();
  });

  it("finds the nearest point", () => {
    const points = [0, 10, 30].map((x) => ({ x, title: "", values: [] }));
    expect(nearestPoint(points, 18)).toBe(1);
    expect(nearestPoint([], 18)).toBeNull();
  });
});

describe("charts of odd views", () => {
  const odd = [
    numeric({ edges: [], reference: [], current: [] }),
    numeric({ reference: [0, 0, 0], current: [0, 0, 0] }),
    numeric({ edges: [0, 0, 0, 0] }),
    numeric({ edges: [0, Number.NaN, 1, 2] }),
    numeric({ points: [{ x: 1e300, reference: 50, current: 1 }] }),
  ];
  it("are built without throwing and without NaN", () => {
    for (const view of odd) {
      for (const kind of ["linear", "log"] as const) {
        const models = [
          buildDistribution(view, kind, 300),
          buildEcdfChart(view, kind, 300),
          buildSpark(view),
        ];
        expect(JSON.stringify(models)).not.toContain("NaN");
        expect(distributionTable(view, kind).rows).toBeInstanceOf(Array);
      }
    }
  });
});
