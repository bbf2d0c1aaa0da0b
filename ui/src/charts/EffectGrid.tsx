import { type KeyboardEvent, memo, useRef, useState } from "react";
import type { Group } from "../api/report";
import { StandingIcon } from "../components/Icon";
import { Truncate } from "../components/Truncate";
import { type Theme, useTheme } from "../components/theme";
import { useWidth } from "../components/useWidth";
import { css, inkOn, ratioColor } from "../lib/color";
import { formatCount } from "../lib/format";
import { describeMeasurement } from "../lib/measurement";
import { standingWord } from "../lib/verdict";
import { type EffectCell, type EffectRow, labelStep, shortLabel } from "./effects";

interface EffectGridProps {
  label: string;
  groups: readonly Group[];
  rows: readonly EffectRow[];
  /** The column whose details are open. */
  selected: string | null;
  onOpen: (column: string, group: number) => void;
}

interface Place {
  row: number;
  column: number;
}

const HEAD = 200;
const NARROW_HEAD = 112;
const CELL_MAX = 112;

function move(
  key: string,
  control: boolean,
  at: Place,
  rows: number,
  columns: number,
): Place | null {
  const clamp = (x: number, count: number) => Math.min(count - 1, Math.max(0, x));
  const to = (row: number, column: number) => ({
    row: clamp(row, rows),
    column: clamp(column, columns),
  });
  switch (key) {
    case "ArrowRight":
      return to(at.row, at.column + 1);
    case "ArrowLeft":
      return to(at.row, at.column - 1);
    case "ArrowDown":
      return to(at.row + 1, at.column);
    case "ArrowUp":
      return to(at.row - 1, at.column);
    case "PageDown":
      return to(at.row + 10, at.column);
    case "PageUp":
      return to(at.row - 10, at.column);
    case "Home":
      return to(control ? 0 : at.row, 0);
    case "End":
      return to(control ? rows - 1 : at.row, columns - 1);
    default:
      return null;
  }
}

export function describeCell(
  name: string,
  group: Group | undefined,
  cell: EffectCell | undefined,
): string {
  const place = `${name}, ${group?.label ?? ""}`;
  if (!cell?.measurement) return `${place}: unknown, ${cell?.reason || "not measured"}`;
  const word = cell.verdict ? standingWord(cell.verdict).toLowerCase() : "not judged";
  return `${place}: ${word}. ${describeMeasurement(cell.measurement)}`;
}

/** Columns by groups (periods or segments) as a grid of cells: the ARIA grid pattern, one tab stop. */
export function EffectGrid({ label, groups, rows, selected, onOpen }: EffectGridProps) {
  const theme = useTheme();
  const [ref, width] = useWidth<HTMLDivElement>(960);
  const [at, setAt] = useState<Place>({ row: 0, column: 0 });
  const [shown, setShown] = useState<Place | null>(null);
  const body = useRef<HTMLDivElement>(null);
  const head = width < 560 ? NARROW_HEAD : HEAD;
  const cell = Math.max(
    16,
    Math.min(CELL_MAX, Math.floor((width - head) / Math.max(1, groups.length))),
  );
  const step = labelStep(
    cell,
    groups.map((group) => group.label),
  );

  const onKeyDown = (event: KeyboardEvent) => {
    const next = move(event.key, event.ctrlKey || event.metaKey, at, rows.length, groups.length);
    if (!next) return;
    event.preventDefault();
    setAt(next);
    setShown(next);
    body.current?.querySelector<HTMLElement>(`[data-cell="${next.row}:${next.column}"]`)?.focus();
  };
  const readOut = shown && rows[shown.row];
  // Sizes go in as properties, so that paper can set its own.
  const template = `var(--head, ${head}px) repeat(${groups.length}, var(--cell, ${cell}px))`;
  return (
    <div ref={ref} className="effects">
      <p className="effects-readout" aria-hidden="true">
        {readOut
          ? describeCell(readOut.name, groups[shown.column], readOut.cells[shown.column])
          : "Point at a cell or use the arrow keys; Enter opens the column."}
      </p>
      <div
        ref={body}
        className="effects-grid"
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-colcount={groups.length + 1}
        onKeyDown={onKeyDown}
        onPointerLeave={() => setShown(null)}
      >
        <div
          role="row"
          aria-rowindex={1}
          className="effects-row effects-head"
          style={{ gridTemplateColumns: template }}
        >
          <span role="columnheader">Column</span>
          {groups.map((group, i) => (
            <span
              key={group.key}
              role="columnheader"
              title={`${group.label}, n ${formatCount(group.rows)}`}
            >
              <b className={i % step === 0 && i + step <= groups.length ? "" : "visually-hidden"}>
                {shortLabel(group.label)}
              </b>
              <StandingIcon standing={group.verdict} size={12} />
              <span className="visually-hidden">{standingWord(group.verdict)}</span>
            </span>
          ))}
        </div>
        {rows.map((row, i) => (
          <Row
            key={row.name}
            row={row}
            index={i}
            groups={groups}
            theme={theme}
            template={template}
            active={at.row === i ? at.column : null}
            selected={selected === row.name}
            onShow={setShown}
            onFocus={setAt}
            onOpen={onOpen}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  row: EffectRow;
  index: number;
  groups: readonly Group[];
  theme: Theme;
  template: string;
  active: number | null;
  selected: boolean;
  onShow: (place: Place) => void;
  onFocus: (place: Place) => void;
  onOpen: (column: string, group: number) => void;
}

const Row = memo(function Row(props: RowProps) {
  const { row, index, groups, theme, template, active, selected, onShow, onFocus, onOpen } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={`effects-row${selected ? " is-selected" : ""}`}
      style={{ gridTemplateColumns: template }}
    >
      <span role="rowheader" className="effects-name">
        <Truncate text={row.name} />
      </span>
      {row.cells.map((cell, column) => {
        const place = { row: index, column };
        return (
          <span
            key={groups[column]?.key}
            role="gridcell"
            data-cell={`${index}:${column}`}
            tabIndex={active === column ? 0 : -1}
            aria-label={describeCell(row.name, groups[column], cell)}
            {...cellLook(cell, theme)}
            onPointerEnter={() => onShow(place)}
            onFocus={() => {
              onFocus(place);
              onShow(place);
            }}
            onKeyDown={(event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              onOpen(row.name, column);
            }}
            onClick={() => onOpen(row.name, column)}
          />
        );
      })}
    </div>
  );
});

/** Colour is the effect; a mark says that it counts, so colour is never alone. */
function cellLook(cell: EffectCell, theme: Theme) {
  if (cell.ratio === null) return { className: "effects-cell cell-unknown" };
  const color = ratioColor(cell.ratio, theme);
  const mark = cell.verdict === "critical" ? "cell-critical" : cell.ratio > 1 ? "cell-warning" : "";
  return {
    className: `effects-cell ${mark}`,
    style: { backgroundColor: css(color), color: inkOn(color) },
  };
}
