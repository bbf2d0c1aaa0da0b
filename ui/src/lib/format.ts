import type { ValueFormat } from "../api/report";

/** What stands where there is no number. Never a zero. */
export const NO_VALUE = "–";

const MINUS = "−";
const THIN = "\u202f";

/** The locale is fixed: a report must read the same on every machine it is sent to. */
const LOCALE = "en-US";
const counts = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });

const minus = (text: string) => text.replace(/^-/, MINUS);

export function isNumber(x: number | null | undefined): x is number {
  return typeof x === "number" && Number.isFinite(x);
}

/** A whole number with thousands separated: `336,776`. */
export function formatCount(x: number | null | undefined): string {
  return isNumber(x) ? minus(counts.format(x)) : NO_VALUE;
}

/** A count that fits a narrow place: `337 k`. */
export function formatCompact(x: number | null | undefined): string {
  if (!isNumber(x)) return NO_VALUE;
  const units = [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const;
  for (const [size, unit] of units) {
    if (Math.abs(x) >= size) return `${significant(x / size, 3)}${THIN}${unit}`;
  }
  return significant(x, 3);
}

/** At most `digits` significant digits, never fewer than the integer part has. */
export function significant(x: number, digits = 3): string {
  if (x === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(x)));
  if (size >= 9 || size < -5) return minus(x.toExponential(Math.max(0, digits - 1)));
  const decimals = Math.min(12, Math.max(0, digits - 1 - size));
  const text = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: decimals }).format(x);
  return minus(text);
}

export function formatNumber(x: number | null | undefined, digits = 4): string {
  return isNumber(x) ? significant(x, digits) : NO_VALUE;
}

/** A value of a column, in the column's own format. */
export function formatValue(x: number | null | undefined, format: ValueFormat): string {
  if (!isNumber(x)) return NO_VALUE;
  switch (format) {
    case "timestamp_us":
      return formatInstant(x / 1000);
    case "date_days":
      return formatDay(x * 86_400_000);
    case "integer":
      // Means and quantiles of whole numbers are not whole.
      return Number.isInteger(x) && Math.abs(x) < 1e15 ? formatCount(x) : significant(x, 4);
    case "number":
      return significant(x, 4);
  }
}

/** The difference of two values, signed, in the column's format. */
export function formatChange(x: number | null | undefined, format: ValueFormat): string {
  if (!isNumber(x)) return NO_VALUE;
  if (format === "timestamp_us") return signed(x / 86_400e6, (days) => `${significant(days, 3)} d`);
  if (format === "date_days") return signed(x, (days) => `${significant(days, 3)} d`);
  return signed(x, (value) => significant(value, 3));
}

/** `+` or a true minus before what `body` makes of the size; a zero carries no sign. */
export function signed(x: number, body: (size: number) => string): string {
  const text = body(Math.abs(x));
  if (!/[1-9]/.test(text)) return text;
  return `${x < 0 ? MINUS : "+"}${text}`;
}

const validDate = (ms: number) => Math.abs(ms) <= 8.64e15;

function formatInstant(ms: number): string {
  if (!validDate(ms)) return NO_VALUE;
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

function formatDay(ms: number): string {
  return validDate(ms) ? new Date(ms).toISOString().slice(0, 10) : NO_VALUE;
}

/** A share of 0..1 in per cent. A small share is not shown as none. */
export function formatShare(x: number | null | undefined): string {
  if (!isNumber(x)) return NO_VALUE;
  const percent = Math.abs(x) * 100;
  const sign = x < 0 ? MINUS : "";
  if (percent === 0) return `0${THIN}%`;
  if (percent < 0.01) return `${sign}<0.01${THIN}%`;
  const decimals = percent < 0.1 ? 2 : percent < 99.95 ? 1 : percent < 100 ? 2 : 0;
  return `${sign}${percent.toFixed(decimals)}${THIN}%`;
}

/** A share at a tick of an axis: round, so without decimals that say nothing. */
export function formatShareTick(x: number): string {
  return `${significant(x * 100, 3)}${THIN}%`;
}

/** The difference of two shares in percentage points: `+6.3 pt`. */
export function formatPoints(x: number | null | undefined): string {
  if (!isNumber(x)) return NO_VALUE;
  if (x === 0) return `0${THIN}pt`;
  return signed(x * 100, (points) => `${points.toFixed(points < 0.1 ? 2 : 1)}${THIN}pt`);
}

export function formatP(p: number | null | undefined): string {
  if (!isNumber(p)) return NO_VALUE;
  return p < 0.0001 ? "<0.0001" : significant(p, 2);
}

export function formatBytes(bytes: number | null | undefined): string {
  if (!isNumber(bytes)) return NO_VALUE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${significant(size, 3)}${THIN}${units[unit]}`;
}

/** An RFC 3339 instant in UTC, to the minute; what does not parse is shown as written. */
export function formatTime(instant: string | null | undefined): string {
  if (!instant) return NO_VALUE;
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? instant : `${formatInstant(ms).slice(0, 16)} UTC`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
