import type { Standing } from "../lib/verdict";

/** Shapes differ, not only colours: circle, triangle, octagon, question, dash. 16 px grid. */
const SHAPES: Record<Standing, { outline: string; mark: string }> = {
  ok: { outline: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13Z", mark: "M5 8.2l2.1 2.1L11 6.2" },
  warning: { outline: "M8 1.6L15.2 14.2H.8Z", mark: "M8 6.2v3.6M8 11.7v.6" },
  critical: { outline: "M5.2 1.2h5.6l4 4v5.6l-4 4H5.2l-4-4V5.2Z", mark: "M8 4.4v4.4M8 10.9v.7" },
  unknown: {
    outline: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13Z",
    mark: "M6.1 6.3a1.9 1.9 0 1 1 2.7 1.7c-.6.3-.8.6-.8 1.2M8 11.4v.5",
  },
  not_judged: { outline: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13Z", mark: "M5.2 8h5.6" },
};

export function StandingIcon({ standing, size = 16 }: { standing: Standing; size?: number }) {
  const shape = SHAPES[standing] ?? SHAPES.unknown;
  const solid = standing === "critical" || standing === "warning";
  return (
    <svg
      className={`icon icon-${standing}${solid ? " icon-solid" : ""}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      <path className="icon-outline" d={shape.outline} />
      <path className="icon-mark" d={shape.mark} />
    </svg>
  );
}

const GLYPHS = {
  chevron: "M6 3.5L10.5 8L6 12.5",
  sun: "M8 5a3 3 0 1 1 0 6a3 3 0 1 1 0-6ZM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M13 3l-1.2 1.2M4.2 11.8L3 13",
  moon: "M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6A5.8 5.8 0 1 0 13.4 9.6Z",
  system: "M2 3h12v8H2ZM6 14h4M8 11v3",
  table: "M2 3h12v10H2ZM2 6.5h12M2 10h12M6.5 3v10",
  chart: "M2 2v12h12M5 11V8M8 11V4.5M11 11V6.5",
  close: "M4 4l8 8M12 4l-8 8",
  sortDown: "M8 3v10M4.5 9.5L8 13l3.5-3.5",
  sortUp: "M8 13V3M4.5 6.5L8 3l3.5 3.5",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9ZM10.3 10.3L14 14",
} as const;

export type GlyphName = keyof typeof GLYPHS;

export function Glyph({ name }: { name: GlyphName }) {
  return (
    <svg
      className="glyph"
      width="16"
      height="16"
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={GLYPHS[name]} />
    </svg>
  );
}
