/** One place a chart's cursor can stand at. */
export interface CursorPoint {
  /** Pixels from the left of the drawing. */
  x: number;
  /** What stands here: a range, a category, a period. */
  title: string;
  /** One text for each legend entry, in its order. */
  values: string[];
}

/** The next place for a key; null when the key is not the cursor's. */
export function moveCursor(key: string, at: number | null, count: number): number | null {
  if (count === 0) return null;
  const last = count - 1;
  const page = Math.max(1, Math.round(count / 10));
  const clamp = (index: number) => Math.min(last, Math.max(0, index));
  switch (key) {
    case "ArrowRight":
      return at === null ? 0 : clamp(at + 1);
    case "ArrowLeft":
      return at === null ? last : clamp(at - 1);
    case "PageDown":
      return clamp((at ?? 0) + page);
    case "PageUp":
      return clamp((at ?? 0) - page);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}

/** The place nearest to a pixel; places ascend. */
export function nearestPoint(points: readonly CursorPoint[], x: number): number | null {
  let best: number | null = null;
  let distance = Infinity;
  points.forEach((point, i) => {
    const gap = Math.abs(point.x - x);
    if (gap < distance) {
      distance = gap;
      best = i;
    }
  });
  return best;
}
