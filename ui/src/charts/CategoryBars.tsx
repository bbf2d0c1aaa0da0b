import { useMemo, useState } from "react";
import type { CategoricalView } from "../api/report";
import type { TableData } from "../components/DataTable";
import { Truncate } from "../components/Truncate";
import { formatCount, formatPoints, formatShare, plural } from "../lib/format";
import { ChartFrame, type LegendEntry } from "./ChartFrame";
import { buildCategories, type CategoryModel, type CategoryRow, categoryLabel } from "./categories";

const SHOWN = 12;
const ROW = 28;

const LEGEND: LegendEntry[] = [
  { label: "Reference", swatch: "swatch-reference" },
  { label: "Current", swatch: "swatch-current" },
];

function summarise({ rows, n }: CategoryModel): string {
  const top = rows[0];
  if (!top) return "No categories on either side.";
  const sizes = `n ${formatCount(n.reference)} and ${formatCount(n.current)}`;
  if (top.delta === null) return `One side has no values; ${sizes}.`;
  return `The largest change is ${categoryLabel(top)}: ${formatShare(top.reference)} to ${formatShare(top.current)}, ${formatPoints(top.delta)}. ${plural(rows.length, "category", "categories")}, ${sizes}.`;
}

function tableOf({ rows }: CategoryModel): TableData {
  return {
    columns: [
      { label: "Category" },
      { label: "Reference", numeric: true },
      { label: "Current", numeric: true },
      { label: "Change", numeric: true },
      { label: "± 95 %", numeric: true },
      { label: "n reference", numeric: true },
      { label: "n current", numeric: true },
    ],
    rows: rows.map((row) => [
      <Truncate key="label" text={categoryLabel(row)} />,
      formatShare(row.reference),
      formatShare(row.current),
      formatPoints(row.delta),
      formatPoints(row.noise).replace("+", "±"),
      formatCount(row.referenceCount),
      formatCount(row.currentCount),
    ]),
  };
}

/** Categories ranked by the change of their share; the bar of the change carries its sampling noise. */
export function CategoryBars({ view, title }: { view: CategoricalView; title: string }) {
  const [all, setAll] = useState(false);
  const model = useMemo(() => buildCategories(view), [view]);
  const rows = all ? model.rows : model.rows.slice(0, SHOWN);
  const build = useMemo(() => {
    const points = rows.map((row, i) => ({
      x: i,
      title: `${categoryLabel(row)}, ${formatPoints(row.delta)}`,
      values: [formatShare(row.reference), formatShare(row.current)],
    }));
    return () => ({ points });
  }, [rows]);
  const table = useMemo(() => tableOf(model), [model]);
  return (
    <div>
      <ChartFrame
        title={title}
        summary={summarise(model)}
        legend={LEGEND}
        table={table}
        build={build}
        vertical
        note={
          rows.length < model.rows.length
            ? `The ${SHOWN} largest changes of ${formatCount(model.rows.length)} categories.`
            : undefined
        }
        draw={(_, cursor) =>
          rows.length === 0 ? (
            <p className="chart-empty">No values to draw.</p>
          ) : (
            <div className="category-rows" aria-hidden="true">
              <div className="category-row category-head">
                <span>Category</span>
                <span>Share of rows</span>
                <span className="numeric">Reference → current</span>
                <span>Change of share</span>
                <span className="numeric">Points</span>
              </div>
              {rows.map((row, i) => (
                <Row
                  key={`${row.kind}:${row.label}`}
                  row={row}
                  model={model}
                  active={i === cursor}
                />
              ))}
            </div>
          )
        }
      />
      {model.rows.length > SHOWN && (
        <button type="button" className="button no-print" onClick={() => setAll(!all)}>
          {all
            ? `Show the ${SHOWN} largest changes`
            : `Show all ${formatCount(model.rows.length)} categories`}
        </button>
      )}
      <Unseen view={view} />
    </div>
  );
}

const percent = (share: number, max: number) => `${max > 0 ? (share / max) * 100 : 0}%`;

function Row({ row, model, active }: { row: CategoryRow; model: CategoryModel; active: boolean }) {
  const tag = row.kind === "kept" ? null : row.kind === "unseen" ? "new" : "other";
  return (
    <div className={`category-row${active ? " is-active" : ""}`} style={{ minHeight: ROW }}>
      <span className="category-name">
        <Truncate text={categoryLabel(row)} />
        {tag && <i className="tag">{tag}</i>}
      </span>
      <span className="category-shares">
        {row.reference !== null && (
          <i
            className="bar bar-reference"
            style={{ width: percent(row.reference, model.shareMax) }}
          />
        )}
        {row.current !== null && (
          <i className="bar bar-current" style={{ width: percent(row.current, model.shareMax) }} />
        )}
      </span>
      <span className="numeric">
        {formatShare(row.reference)} → {formatShare(row.current)}
      </span>
      <DeltaBar row={row} max={model.deltaMax} />
      <span className="numeric strong">{formatPoints(row.delta)}</span>
    </div>
  );
}

/** A bar from the middle; the whisker is what sampling alone may do at this size. */
function DeltaBar({ row, max }: { row: CategoryRow; max: number }) {
  if (row.delta === null) return <span className="category-delta" />;
  const span = Math.max(max * 1.15, 1e-9);
  const half = (Math.abs(row.delta) / span) * 50;
  const noise = Math.min(50, ((row.noise ?? 0) / span) * 50);
  const end = row.delta < 0 ? 50 - half : 50 + half;
  return (
    <span className="category-delta">
      <i
        className={`delta ${row.delta < 0 ? "delta-down" : "delta-up"}`}
        style={{ left: `${Math.min(50, end)}%`, width: `${half}%` }}
      />
      <i
        className="whisker"
        style={{
          left: `${Math.max(0, end - noise)}%`,
          right: `${Math.max(0, 100 - end - noise)}%`,
        }}
      />
    </span>
  );
}

function Unseen({ view }: { view: CategoricalView }) {
  if (view.unseen.length === 0) return null;
  const shown = view.unseen.slice(0, 12);
  const more = view.unseen.length - shown.length;
  return (
    <p className="chart-note unseen">
      <b>Not in the reference:</b>
      {shown.map((value) => (
        <span key={value.label} className="unseen-value">
          <Truncate text={value.label === "" ? "(empty text)" : value.label} />{" "}
          {formatCount(value.count)}
        </span>
      ))}
      {more > 0 && <span>and {formatCount(more)} more</span>}
    </p>
  );
}
