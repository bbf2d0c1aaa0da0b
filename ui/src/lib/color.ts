/** Colours that are computed; all others are tokens in `styles/tokens.css`. */

export type Rgb = readonly [number, number, number];

/** Cividis (Nuñez, Anderton, Renslow 2018), nine stops: even in lightness, safe for colour-blind eyes. */
const CIVIDIS: readonly Rgb[] = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [253, 234, 69],
];

export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  const at = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * t);
  return [at(0), at(1), at(2)];
}

export const clamp01 = (t: number) => Math.min(1, Math.max(0, t));

export function cividis(t: number): Rgb {
  const position = clamp01(t) * (CIVIDIS.length - 1);
  const index = Math.min(CIVIDIS.length - 2, Math.floor(position));
  const low = CIVIDIS[index] ?? [0, 0, 0];
  const high = CIVIDIS[index + 1] ?? low;
  return mix(low, high, position - index);
}

/** Relative luminance, WCAG 2. */
export function luminance([r, g, b]: Rgb): number {
  const linear = (channel: number) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

export const css = ([r, g, b]: Rgb) => `rgb(${r} ${g} ${b})`;

/** Effects from four times the threshold on look the same. */
export const RATIO_MAX = 4;

const QUIET: Record<"light" | "dark", Rgb> = { light: [240, 241, 244], dark: [30, 34, 41] };

/**
 * The cell colour of an effect ratio. Nothing recedes into the page, the threshold stands at the
 * middle of the scale, and from there to `RATIO_MAX` it is logarithmic.
 */
export function ratioColor(ratio: number, theme: "light" | "dark"): Rgb {
  const below = clamp01(ratio);
  const above = clamp01(Math.log(Math.max(1, ratio)) / Math.log(RATIO_MAX));
  // Light pages: quiet is pale, strong is dark blue. Dark pages: the other way round.
  const at = (t: number) => (theme === "light" ? cividis(1 - t) : cividis(t));
  const edge = at(0.38);
  return ratio <= 1 ? mix(QUIET[theme], edge, below ** 1.5) : at(0.38 + 0.62 * above);
}

/** Black or white, whichever is easier to see on the colour. */
export function inkOn(background: Rgb): string {
  return contrast(background, [255, 255, 255]) >= contrast(background, [10, 12, 16])
    ? "#ffffff"
    : "#0a0c10";
}
