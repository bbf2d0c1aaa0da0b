import { scaleLinear, scaleLog, scaleSymlog, scaleUtc } from "d3-scale";
import type { ValueFormat } from "../api/report";
import { formatCompact, formatValue, significant } from "../lib/format";

export type ScaleKind = "linear" | "log";

export interface Tick {
  x: number;
  label: string;
}

/** A monotone map of a column's values onto pixels; `forward` is the pixel coordinate over 0..1. */
export interface Axis {
  kind: ScaleKind;
  domain: readonly [number, number];
  forward: (x: number) => number;
  inverse: (u: number) => number;
  ticks: (count: number) => Tick[];
}

/** Domains of one point get room on both sides, so that nothing divides by zero. */
export function padDomain([low, high]: readonly [number, number]): [number, number] {
  if (high > low) return [low, high];
  const room = Math.max(Math.abs(low) * 0.05, 0.5);
  return [low - room, low + room];
}

/** Drops ticks that would print over each other, from the innermost outwards: zero always stays. */
function thin(ticks: readonly Tick[], forward: (x: number) => number, gap: number): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks.toSorted((a, b) => Math.abs(a.x) - Math.abs(b.x))) {
    const free = kept.every((one) => Math.abs(forward(tick.x) - forward(one.x)) >= gap);
    if (free) kept.push(tick);
  }
  return kept.toSorted((a, b) => a.x - b.x);
}

function valueTicks(domain: readonly [number, number], format: ValueFormat, count: number): Tick[] {
  if (format === "timestamp_us" || format === "date_days") {
    const unit = format === "timestamp_us" ? 1000 : 1 / 86_400_000;
    const scale = scaleUtc().domain([new Date(domain[0] / unit), new Date(domain[1] / unit)]);
    const print = scale.tickFormat(count);
    return scale.ticks(count).map((date) => ({ x: date.getTime() * unit, label: print(date) }));
  }
  const scale = scaleLinear().domain([domain[0], domain[1]]);
  const whole = format === "integer";
  return scale
    .ticks(count)
    .filter((x) => !whole || Number.isInteger(x))
    .map((x) => ({ x, label: Math.abs(x) >= 10_000 ? formatCompact(x) : significant(x, 4) }));
}

export function linearAxis(range: readonly [number, number], format: ValueFormat): Axis {
  const domain = padDomain(range);
  const scale = scaleLinear().domain(domain);
  return {
    kind: "linear",
    domain,
    forward: (x) => scale(x),
    inverse: (u) => scale.invert(u),
    ticks: (count) => valueTicks(domain, format, count),
  };
}

/**
 * Logarithmic where all values are positive. Otherwise logarithmic away from zero and linear within
 * `unit` of it, so that zeros and negative values keep their place.
 */
export function logAxis(range: readonly [number, number], unit: number): Axis {
  const domain = padDomain(range);
  const positive = domain[0] > 0;
  const scale = positive
    ? scaleLog().domain(domain).clamp(true)
    : scaleSymlog().domain(domain).constant(unit).clamp(true);
  return {
    kind: "log",
    domain,
    forward: (x) => scale(x),
    inverse: (u) => scale.invert(u),
    ticks: (count) => thin(powerTicks(domain, positive ? 0 : unit), (x) => scale(x), 0.7 / count),
  };
}

/** Powers of ten inside the domain, both signs; with 2s and 5s when there are few. */
function powerTicks([low, high]: readonly [number, number], unit: number): Tick[] {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const smallest = unit > 0 ? unit : low;
  const first = Math.floor(Math.log10(smallest));
  const last = Math.ceil(Math.log10(largest));
  const steps = last - first <= 2 ? [1, 2, 5] : [1];
  const sizes: number[] = [];
  for (let power = first; power <= last; power += 1) {
    for (const step of steps) sizes.push(step * 10 ** power);
  }
  const all = unit > 0 ? [...sizes.map((x) => -x).toReversed(), 0, ...sizes] : sizes;
  return all
    .filter((x) => x >= low && x <= high)
    .map((x) => ({ x, label: Math.abs(x) >= 10_000 ? formatCompact(x) : significant(x, 3) }));
}

/** What a half-open bin holds: `40 to 42.5`; of whole numbers the values themselves, `40 to 41`. */
export function formatBin(low: number, high: number, format: ValueFormat): string {
  const whole = format === "integer" && Number.isInteger(low) && Number.isInteger(high);
  const last = whole ? high - 1 : high;
  const first = formatValue(low, format);
  return whole && last <= low ? first : `${first} to ${formatValue(last, format)}`;
}
