import { memo, type ReactNode } from "react";
import { BulletStrip } from "../../charts/BulletStrip";
import { Sparkline } from "../../charts/Sparkline";
import { Glyph } from "../../components/Icon";
import { StandingBadge } from "../../components/Standing";
import type { ColumnRow } from "../../lib/columns";
import { formatNumber, formatPoints, formatShare, isNumber } from "../../lib/format";
import {
  formatMeasured,
  headline,
  metricLabel,
  metricMeaning,
  statusWord,
} from "../../lib/measurement";
import { columnId } from "./ids";

interface ColumnLineProps {
  row: ColumnRow;
  open: boolean;
  onToggle: (name: string, open: boolean) => void;
  /** The details, when open. */
  children: ReactNode;
}

/** One line of the table, and its details under it. Only lines that changed are drawn again. */
export const ColumnLine = memo(function ColumnLine({
  row,
  open,
  onToggle,
  children,
}: ColumnLineProps) {
  const { column, standing, views } = row;
  const id = columnId(column.name);
  return (
    <div id={id} role="presentation" className={`column-item${open ? " is-open" : ""}`}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the button inside has the keys */}
      <div role="row" className="column-line" onClick={() => onToggle(column.name, !open)}>
        <span role="cell" className="cell-status">
          <StandingBadge standing={standing} />
        </span>
        <span role="cell" className="cell-name">
          <button
            type="button"
            aria-expanded={open}
            title={column.name}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(column.name, !open);
            }}
          >
            <Glyph name="chevron" />
            <span className="truncate">{column.name}</span>
          </button>
          <span className="muted truncate">{describe(column)}</span>
        </span>
        <span role="cell" className="cell-spark">
          <Sparkline view={views[0]} />
        </span>
        <span role="cell" className="cell-effect">
          <Effect row={row} />
        </span>
        <span role="cell" className="cell-missing">
          <Missing row={row} />
        </span>
        <span role="cell" className="cell-reason">
          <span className="clamp" title={column.reason}>
            {column.reason}
          </span>
        </span>
      </div>
      {open && (
        <div role="row">
          <div role="cell" className="cell-detail">
            {children}
          </div>
        </div>
      )}
    </div>
  );
});

/** `feature · float64 · importance 2.1`; importance 1 says nothing. */
function describe({ role, type, importance }: ColumnRow["column"]): string {
  const weight =
    isNumber(importance) && importance !== 1 ? `importance ${formatNumber(importance, 2)}` : "";
  return [role, type, weight].filter(Boolean).join(" · ");
}

function Effect({ row }: { row: ColumnRow }) {
  const m = headline(row.column.measurements);
  if (!m) return <span className="muted">not judged</span>;
  return (
    <>
      <span className="effect-text">
        <span className="muted effect-metric truncate" title={metricMeaning(m.metric)}>
          {metricLabel(m.metric)}
        </span>
        {m.status === "ok" ? (
          <b>{formatMeasured(m)}</b>
        ) : (
          <span className="unmeasured truncate" title={m.detail ?? undefined}>
            {statusWord(m.status)}
          </span>
        )}
      </span>
      <BulletStrip measurement={m} />
    </>
  );
}

/** The share now, and by how many points it moved when it did. */
function Missing({ row }: { row: ColumnRow }) {
  const { reference, current, change } = row.missing;
  const moved = change !== null && Math.abs(change) >= 0.0005;
  return (
    <span
      title={`Missing: ${formatShare(reference)} in reference, ${formatShare(current)} in current`}
    >
      <span className={current === 0 ? "muted" : ""}>{formatShare(current)}</span>
      {moved && <b> {formatPoints(change)}</b>}
    </span>
  );
}
