import { useCallback, useDeferredValue, useMemo } from "react";
import type { Report } from "../../api/report";
import { buildEffects, type EffectRow } from "../../charts/effects";
import { type ColumnRow, filterRows, sortRows } from "../../lib/columns";
import { formatCount, plural } from "../../lib/format";
import { type SortKey, startsDescending, type UrlState } from "../../lib/urlState";
import { ColumnDetail } from "./ColumnDetail";
import { ColumnLine } from "./ColumnLine";
import { Filters } from "./Filters";

interface ColumnsProps {
  report: Report;
  rows: readonly ColumnRow[];
  state: UrlState;
  onChange: (change: Partial<UrlState>) => void;
  printing: boolean;
}

/** On paper nothing opens: the details of the worst columns are printed, up to this many. */
const PRINTED = 8;

/** From here on lines out of sight are not laid out. Shorter tables gain nothing by it. */
const LONG = 60;

const HEADS: { key: SortKey | null; label: string; numeric?: boolean }[] = [
  { key: "finding", label: "Status" },
  { key: "name", label: "Column" },
  { key: null, label: "Distribution" },
  { key: "effect", label: "Effect against noise" },
  { key: "missing", label: "Missing" },
  { key: null, label: "Finding" },
];

export function Columns({ report, rows, state, onChange, printing }: ColumnsProps) {
  // Typing stays immediate while a thousand rows follow.
  const settled = useDeferredValue(state);
  const sorted = useMemo(() => sortRows(rows, settled), [rows, settled]);
  const shown = useMemo(() => filterRows(sorted, settled), [sorted, settled]);
  const effects = useMemo(
    () =>
      new Map(
        buildEffects(report.check.periods).map((row): [string, EffectRow] => [row.name, row]),
      ),
    [report],
  );
  const toggle = useCallback(
    (name: string, open: boolean) => onChange({ column: open ? name : null }),
    [onChange],
  );
  const printed = useMemo(() => {
    const worst = shown.filter((row) => row.standing === "critical" || row.standing === "warning");
    return new Set(printing ? worst.slice(0, PRINTED).map((row) => row.column.name) : []);
  }, [shown, printing]);
  return (
    <section id="columns" className="panel columns" aria-labelledby="columns-title" tabIndex={-1}>
      <header className="panel-head">
        <h2 id="columns-title">Columns</h2>
        <p className="muted" aria-live="polite">
          {shown.length === rows.length
            ? plural(rows.length, "column")
            : `${formatCount(shown.length)} of ${plural(rows.length, "column")}`}
        </p>
        <Legend />
      </header>
      <Filters rows={rows} state={state} onChange={onChange} />
      {shown.length === 0 ? (
        <Nothing
          any={rows.length > 0}
          onClear={() => onChange({ query: "", verdicts: [], role: "" })}
        />
      ) : (
        <div
          className={`column-table${shown.length > LONG ? " is-long" : ""}`}
          role="table"
          aria-label="Columns"
          aria-rowcount={shown.length + 1}
        >
          <Heads state={state} onChange={onChange} />
          <div role="rowgroup">
            {shown.map((row) => {
              const name = row.column.name;
              const open = state.column === name || printed.has(name);
              return (
                <ColumnLine key={name} row={row} open={open} onToggle={toggle}>
                  {open && <ColumnDetail report={report} row={row} effect={effects.get(name)} />}
                </ColumnLine>
              );
            })}
          </div>
        </div>
      )}
    </section>
  );
}

function Legend() {
  return (
    <p className="legend">
      <span>
        <i className="swatch swatch-reference" /> Reference
      </span>
      <span>
        <i className="swatch swatch-current" /> Current
      </span>
      <span>
        <i className="swatch swatch-limit" /> Counts from here
      </span>
    </p>
  );
}

function Nothing({ any, onClear }: { any: boolean; onClear: () => void }) {
  if (!any) return <p className="notice">This check has no columns.</p>;
  return (
    <p className="notice">
      No column matches.{" "}
      <button type="button" className="link" onClick={onClear}>
        Clear the filters
      </button>
    </p>
  );
}

function Heads({ state, onChange }: Pick<ColumnsProps, "state" | "onChange">) {
  const sort = (key: SortKey) => {
    const again = state.sort === key;
    onChange({ sort: key, descending: again ? !state.descending : startsDescending(key) });
  };
  return (
    <div role="rowgroup" className="column-heads">
      <div role="row" className="column-line">
        {HEADS.map(({ key, label }) => {
          if (key === null) {
            return (
              <span key={label} role="columnheader">
                {label}
              </span>
            );
          }
          const on = state.sort === key;
          const direction = state.descending ? "descending" : "ascending";
          return (
            <span key={label} role="columnheader" aria-sort={on ? direction : "none"}>
              <button type="button" className="sort" onClick={() => sort(key)}>
                {label}
                <i aria-hidden="true">{on ? (state.descending ? "↓" : "↑") : ""}</i>
              </button>
            </span>
          );
        })}
      </div>
    </div>
  );
}
