import { scaleLinear } from "d3-scale";
import type { Group } from "../api/report";
import type { YTick } from "./AxisLines";
import type { CursorPoint } from "./cursor";
import { labelStep, shortLabel } from "./effects";
import type { Point } from "./paths";

export type Values = readonly (number | null)[];

export interface HistorySeries {
  label: string;
  /** A class of `charts.css`; also the swatch. */
  look: string;
  values: Values;
}

export interface HistorySpec {
  series: HistorySeries[];
  /** A band between two series, drawn under them. */
  band?: { label: string; low: Values; high: Values };
  /** Steps, one level per period: thresholds that depend on the size of the period. */
  limits?: { label: string; look: string; values: Values }[];
  /** Values above this series' limit are marked. */
  marks?: readonly boolean[];
  /** Rates, effects and counts begin at zero; values of a column need not. */
  fromZero: boolean;
  format: (x: number | null) => string;
  /** Texts of the y axis, when not as the values. */
  tick?: (x: number) => string;
}

export interface HistoryModel {
  width: number;
  height: number;
  top: number;
  bottom: number;
  left: number;
  right: number;
  /** Pixels of one period. */
  step: number;
  points: CursorPoint[];
  xs: number[];
  ticks: YTick[];
  labels: { x: number; text: string }[];
  series: { label: string; look: string; points: Point[] }[];
  band: { x: number; low: number | null; high: number | null }[];
  limits: { label: string; look: string; points: Point[] }[];
  marks: { x: number; y: number }[];
  /** Periods without a value. */
  gaps: number[];
}

const HEIGHT = 148;
const LEFT = 56;

function extent(spec: HistorySpec): [number, number] {
  const lists = [
    ...spec.series.map((series) => series.values),
    ...(spec.limits ?? []).map((limit) => limit.values),
    ...(spec.band ? [spec.band.low, spec.band.high] : []),
  ];
  let [low, high] = spec.fromZero ? [0, 0] : [Infinity, -Infinity];
  for (const value of lists.flat()) {
    if (value === null || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  if (low < high) return [low, high];
  // One level only: room above it, and below it where the axis need not begin at zero.
  return spec.fromZero
    ? [0, high || 1]
    : [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1];
}

/** Steps of a threshold: level over the whole of its period. */
function steps(
  values: Values,
  xs: readonly number[],
  half: number,
  y: (x: number) => number,
): Point[] {
  return values.flatMap((value, i): Point[] => {
    const [x, level] = [xs[i] ?? 0, value === null ? null : y(value)];
    return [
      [x - half, level],
      [x + half, level],
    ];
  });
}

export function buildHistory(
  spec: HistorySpec,
  groups: readonly Group[],
  width: number,
): HistoryModel {
  const [top, bottom, left, right] = [12, HEIGHT - 24, LEFT, width - 8];
  const step = Math.max(1, right - left) / Math.max(1, groups.length);
  const xs = groups.map((_, i) => left + (i + 0.5) * step);
  const scale = scaleLinear().domain(extent(spec)).range([bottom, top]).nice(3);
  const at = (value: number | null | undefined) =>
    value === null || value === undefined || !Number.isFinite(value) ? null : scale(value);
  const line = (values: Values): Point[] => xs.map((x, i) => [x, at(values[i])]);
  const first = spec.series[0]?.values ?? [];
  const every = labelStep(
    step,
    groups.map((group) => group.label),
  );
  return {
    width,
    height: HEIGHT,
    top,
    bottom,
    left,
    right,
    step,
    xs,
    ticks: scale
      .ticks(3)
      .map((value) => ({ y: scale(value), label: (spec.tick ?? spec.format)(value) })),
    labels: groups.flatMap((group, i) =>
      i % every === 0 ? [{ x: xs[i] ?? 0, text: shortLabel(group.label) }] : [],
    ),
    points: groups.map((group, i) => ({
      x: xs[i] ?? 0,
      title: group.label,
      values: legendValues(spec, i),
    })),
    series: spec.series.map(({ label, look, values }) => ({ label, look, points: line(values) })),
    band: spec.band
      ? xs.map((x, i) => ({ x, low: at(spec.band?.low[i]), high: at(spec.band?.high[i]) }))
      : [],
    limits: (spec.limits ?? []).map(({ label, look, values }) => ({
      label,
      look,
      points: steps(values, xs, step / 2, scale),
    })),
    marks: xs.flatMap((x, i) => {
      const y = at(first[i]);
      return spec.marks?.[i] && y !== null ? [{ x, y }] : [];
    }),
    gaps: xs.flatMap((_, i) => (at(first[i]) === null ? [i] : [])),
  };
}

/** In the order of the legend: series, band, limits. */
function legendValues(spec: HistorySpec, i: number): string[] {
  const value = (values: Values) => spec.format(values[i] ?? null);
  return [
    ...spec.series.map((series) => value(series.values)),
    ...(spec.band ? [`${value(spec.band.low)} to ${value(spec.band.high)}`] : []),
    ...(spec.limits ?? []).map((limit) => value(limit.values)),
  ];
}

export function historyLegend(spec: HistorySpec) {
  return [
    ...spec.series.map(({ label, look }) => ({ label, swatch: `swatch-line ${look}` })),
    ...(spec.band ? [{ label: spec.band.label, swatch: "swatch-band" }] : []),
    ...(spec.limits ?? []).map(({ label, look }) => ({ label, swatch: `swatch-line ${look}` })),
  ];
}
