import { describe, expect, it } from "vitest";
import { buildDensity, preferredScale, spread } from "./density";
import { buildEcdf, quantile, shareBelow, totals } from "./ecdf";
import { refine } from "./refine";
import { numeric, summary } from "./testing";

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe("spread", () => {
  it("conserves mass, inside and outside of the targets", () => {
    const cases = [
      [0, 25, 50, 75, 100],
      [-10, 0.5, 3, 200],
      [20, 30],
      [-5, -1],
    ];
    for (const targets of cases) {
      const { bins, below, above } = spread([0, 1, 10, 100], [10, 20, 30], targets);
      expect(sum(bins) + below + above).toBeCloseTo(60, 9);
    }
  });

  it("spreads a bin evenly over the targets it covers", () => {
    expect(spread([0, 4], [8], [0, 1, 2, 3, 4]).bins).toEqual([2, 2, 2, 2]);
    expect(spread([0, 2, 4], [8, 0], [1, 2, 3])).toEqual({ bins: [4, 0], below: 4, above: 0 });
  });

  it("keeps the mass of bins without width, the last target closed", () => {
    expect(spread([1, 1, 3], [5, 4], [0, 1, 2, 3]).bins).toEqual([0, 7, 2]);
    expect(spread([3, 3], [5], [0, 1, 2, 3]).bins).toEqual([0, 0, 5]);
  });

  it("gives nothing for nothing", () => {
    expect(spread([], [], [0, 1])).toEqual({ bins: [0], below: 0, above: 0 });
  });
});

describe("refine", () => {
  const view = numeric({
    edges: [0, 10, 1000],
    reference: [50, 50],
    current: [20, 80],
    quantiles: { p: [0.5, 0.95], reference: [10, 20], current: [30, 60] },
    current_summary: summary({ min: 2, max: 80 }),
  });

  it("splits wide bins by the side's own quantiles and extremes, and keeps each bin's mass", () => {
    const { edges, mass } = refine(view, "current");
    expect(edges).toEqual([0, 2, 10, 30, 60, 80, 1000]);
    expect(mass).toEqual([0, 20, 30, 45, 5, 0]);
  });

  it("takes atoms out of the quantiles' mass", () => {
    const atoms = { ...view, points: [{ x: 5, reference: 0, current: 100 }] };
    // 50 % of 200 rows lie below 30 only if 100 are the atom and 0 are in bins: no knot inside.
    expect(sum(refine(atoms, "current").mass)).toBeCloseTo(100, 9);
  });

  it("survives quantiles that contradict the bins", () => {
    const odd = numeric({
      quantiles: { p: [0.01, 0.99], reference: [99, 0.5], current: [null, 1e9] },
    });
    const { edges, mass } = refine(odd, "reference");
    expect(sum(mass)).toBeCloseTo(60, 9);
    expect(edges).toEqual(edges.toSorted((a, b) => a - b));
    expect(Math.min(...mass)).toBeGreaterThanOrEqual(0);
  });
});

describe("buildDensity", () => {
  it.each(["linear", "log"] as const)("accounts for every row on a %s axis", (kind) => {
    const view = numeric({ points: [{ x: 5, reference: 40, current: 10 }] });
    const density = buildDensity(view, kind, 32);
    const atom = sum((density?.atoms ?? []).map((one) => one.reference ?? 0));
    const all = sum(density?.reference ?? []) + atom + (density?.outside.reference ?? 0);
    expect(all).toBeCloseTo(1, 9);
  });

  it("has bins of equal width on the axis", () => {
    const density = buildDensity(numeric(), "log", 10);
    const places = density?.edges.map(density.axis.forward) ?? [];
    const widths = places.slice(1).map((place, i) => place - (places[i] ?? 0));
    for (const width of widths) expect(width).toBeCloseTo(0.1, 6);
  });

  it("keeps zeros and negative values on a log axis", () => {
    const density = buildDensity(numeric({ edges: [-100, -1, 0, 100] }), "log", 20);
    expect(density?.axis.ticks(6).map((tick) => tick.x)).toContain(0);
    expect(sum(density?.reference ?? [])).toBeCloseTo(1, 9);
  });

  it("is null without rows, and half without rows on one side", () => {
    expect(
      buildDensity(numeric({ reference: [0, 0, 0], current: [0, 0, 0] }), "linear", 8),
    ).toBeNull();
    expect(
      buildDensity(numeric({ edges: [], reference: [], current: [] }), "linear", 8),
    ).toBeNull();
    const half = buildDensity(numeric({ reference: [0, 0, 0] }), "linear", 8);
    expect(half?.reference).toBeNull();
    expect(sum(half?.current ?? []) + (half?.outside.current ?? 0)).toBeCloseTo(1, 9);
  });

  it("does not call a value that few rows share an atom", () => {
    const density = buildDensity(
      numeric({ points: [{ x: 5, reference: 2, current: 0 }] }),
      "linear",
      8,
    );
    expect(density?.atoms).toEqual([]);
    expect(sum(density?.reference ?? []) + (density?.outside.reference ?? 0)).toBeCloseTo(1, 9);
  });

  it("draws a constant column", () => {
    const constant = numeric({
      edges: [],
      reference: [],
      current: [],
      points: [{ x: 7, reference: 50, current: 50 }],
    });
    const density = buildDensity(constant, "linear", 8);
    expect(density?.atoms).toEqual([{ x: 7, reference: 1, current: 1 }]);
    expect(density?.axis.forward(7)).toBeGreaterThan(0);
  });

  it("says what lies beyond a linear axis", () => {
    const tail = numeric({
      edges: [0, 1, 2, 1e6],
      reference: [500, 499, 1],
      current: [500, 499, 1],
    });
    const density = buildDensity(tail, "linear", 16);
    expect(density?.axis.domain[1]).toBeLessThan(10);
    expect(density?.outside.reference).toBeGreaterThan(0);
  });
});

describe("preferredScale", () => {
  it("is logarithmic for long positive tails only", () => {
    const tail = numeric({
      edges: [0.1, 1, 2, 1000],
      reference: [30, 40, 30],
      current: [30, 40, 30],
    });
    expect(preferredScale(tail)).toBe("log");
    expect(preferredScale(numeric({ edges: [0, 1, 2, 3] }))).toBe("linear");
    expect(preferredScale({ ...tail, format: "date_days" })).toBe("linear");
  });
});

describe("ecdf", () => {
  const view = numeric({ points: [{ x: 10, reference: 40, current: 0 }] });
  const ecdf = buildEcdf(view);

  it("rises from 0 to 1 and jumps at atoms", () => {
    expect(totals(view)).toEqual({ reference: 100, current: 60 });
    expect(ecdf.reference.before[0]).toBe(0);
    expect(ecdf.reference.after.at(-1)).toBeCloseTo(1, 9);
    const at = ecdf.x.indexOf(10);
    expect(ecdf.reference.before[at]).toBeCloseTo(0.3, 9);
    expect(ecdf.reference.after[at]).toBeCloseTo(0.7, 9);
  });

  it("finds quantiles in bins and on atoms", () => {
    expect(quantile(ecdf, "reference", 0.05)).toBeCloseTo(0.5, 9);
    expect(quantile(ecdf, "reference", 0.5)).toBe(10);
    expect(quantile(ecdf, "reference", 1)).toBe(100);
  });

  it("interpolates between places", () => {
    expect(shareBelow(ecdf, "reference", -1)).toBe(0);
    expect(shareBelow(ecdf, "reference", 0.5)).toBeCloseTo(0.05, 9);
    expect(shareBelow(ecdf, "reference", 1e9)).toBeCloseTo(1, 9);
  });
});
