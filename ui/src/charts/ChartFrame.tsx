import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useId,
  useMemo,
  useState,
} from "react";
import { DataTable, type TableData } from "../components/DataTable";
import { Glyph } from "../components/Icon";
import { useWidth } from "../components/useWidth";
import { type CursorPoint, moveCursor, nearestPoint } from "./cursor";

export interface LegendEntry {
  label: string;
  /** Which swatch: a class of `charts.css`. */
  swatch: string;
}

export interface ChartFrameProps<M extends { points: CursorPoint[] }> {
  title: string;
  /** What the chart shows, in one or two sentences, for those who do not see it. */
  summary: string;
  legend?: LegendEntry[];
  controls?: ReactNode;
  /** Notes under the drawing that everyone reads. */
  note?: string | undefined;
  table: TableData;
  build: (width: number) => M;
  draw: (model: M, cursor: number | null) => ReactNode;
  initialWidth?: number;
  /** Lists: the cursor moves by up and down, and the pointer is left to the rows. */
  vertical?: boolean;
}

const TURNED: Record<string, string> = { ArrowDown: "ArrowRight", ArrowUp: "ArrowLeft" };

/**
 * What every chart stands in: a figure with title and summary, a surface that takes the keyboard
 * (arrows, Home, End move the cursor, Escape clears it), a live region that says what the cursor is
 * at, and the same numbers as a table.
 */
export function ChartFrame<M extends { points: CursorPoint[] }>(props: ChartFrameProps<M>) {
  const { title, summary, legend = [], controls, note, table, build, draw } = props;
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const [ref, width] = useWidth<HTMLDivElement>(props.initialWidth ?? 640);
  const model = useMemo(() => build(width), [build, width]);
  const at = cursor === null ? undefined : model.points[cursor];

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") return setCursor(null);
    const key = props.vertical ? (TURNED[event.key] ?? event.key) : event.key;
    const next = moveCursor(key, cursor, model.points.length);
    if (next === null) return;
    event.preventDefault();
    setCursor(next);
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (props.vertical) return;
    const box = event.currentTarget.getBoundingClientRect();
    // On paper and when zoomed the drawing is scaled: go by its share of the box.
    setCursor(nearestPoint(model.points, ((event.clientX - box.left) / box.width) * width));
  };

  return (
    <figure className="chart" aria-labelledby={`${id}-title`} aria-describedby={`${id}-summary`}>
      <figcaption className="chart-head">
        <p id={`${id}-title`} className="chart-title">
          {title}
        </p>
        <div className="chart-controls no-print">
          {controls}
          <button
            type="button"
            className="button-quiet"
            aria-pressed={asTable}
            title={asTable ? "Show the chart" : "Show the numbers as a table"}
            onClick={() => setAsTable(!asTable)}
          >
            <Glyph name={asTable ? "chart" : "table"} />
            <span className="visually-hidden">View “{title}” as table</span>
          </button>
        </div>
      </figcaption>
      <p id={`${id}-summary`} className="visually-hidden">
        {summary}
      </p>
      {legend.length > 0 && !asTable && <Legend entries={legend} at={at} />}
      <div ref={ref} className="chart-body">
        {asTable ? (
          table.rows.length > 0 ? (
            <DataTable caption={title} data={table} />
          ) : (
            <p className="chart-empty">No values.</p>
          )
        ) : (
          <div
            className="chart-surface"
            role="application"
            aria-roledescription="chart"
            aria-label={`${title}. ${summary} Use the arrow keys to read values.`}
            tabIndex={0}
            onKeyDown={onKeyDown}
            onPointerMove={onPointerMove}
            onPointerLeave={() => setCursor(null)}
            onBlur={() => setCursor(null)}
          >
            {draw(model, cursor)}
          </div>
        )}
      </div>
      {note !== undefined && <p className="chart-note">{note}</p>}
      <p className="visually-hidden" aria-live="polite">
        {at ? `${at.title}: ${describe(legend, at)}` : ""}
      </p>
    </figure>
  );
}

function describe(legend: readonly LegendEntry[], at: CursorPoint): string {
  return at.values.map((value, i) => `${legend[i]?.label ?? ""} ${value}`.trim()).join(", ");
}

/** The legend is also the read-out: no box covers the data. */
function Legend({ entries, at }: { entries: readonly LegendEntry[]; at: CursorPoint | undefined }) {
  return (
    <div className="chart-legend" aria-hidden="true">
      {entries.map((entry, i) => (
        <span key={entry.label} className="chart-legend-entry">
          <i className={`swatch ${entry.swatch}`} />
          {entry.label}
          {at && <b>{at.values[i]}</b>}
        </span>
      ))}
      {at && <span className="chart-legend-at">{at.title}</span>}
    </div>
  );
}
