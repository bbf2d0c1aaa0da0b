import { area, line } from "d3-shape";

export type Point = readonly [x: number, y: number | null];

const known = (point: Point): boolean => point[1] !== null;

/** A line that breaks where there is no value: missing is never drawn as zero. */
export function linePath(points: readonly Point[]): string {
  const make = line<Point>()
    .defined(known)
    .x((point) => point[0])
    .y((point) => point[1] ?? 0)
    .digits(2);
  return make(points) ?? "";
}

export function bandPath(
  points: readonly { x: number; low: number | null; high: number | null }[],
): string {
  const make = area<(typeof points)[number]>()
    .defined((point) => point.low !== null && point.high !== null)
    .x((point) => point.x)
    .y0((point) => point.low ?? 0)
    .y1((point) => point.high ?? 0)
    .digits(2);
  return make(points) ?? "";
}

/** The outline of bars without gaps: for histograms. `base` is the y of zero. */
export function stepPath(
  edges: readonly number[],
  heights: readonly number[],
  base: number,
): string {
  const round = (x: number) => Math.round(x * 100) / 100;
  const parts = [`M${round(edges[0] ?? 0)},${round(base)}`];
  heights.forEach((y, i) => {
    parts.push(`V${round(y)}H${round(edges[i + 1] ?? 0)}`);
  });
  parts.push(`V${round(base)}`);
  return parts.join("");
}

/** Places where a lone point stands between gaps: a line would not show it. */
export function lonePoints(points: readonly Point[]): Point[] {
  return points.filter(
    (point, i) =>
      point[1] !== null &&
      (points[i - 1]?.[1] ?? null) === null &&
      (points[i + 1]?.[1] ?? null) === null,
  );
}
