import { useCallback, useMemo } from "react";
import type { Group } from "../api/report";
import type { TableData } from "../components/DataTable";
import { formatCount, NO_VALUE } from "../lib/format";
import { YAxis } from "./AxisLines";
import { ChartFrame } from "./ChartFrame";
import { Cursor, Sheet } from "./DistributionChart";
import { buildHistory, type HistoryModel, type HistorySpec, historyLegend } from "./history";
import { bandPath, linePath, lonePoints } from "./paths";

interface HistoryChartProps {
  title: string;
  spec: HistorySpec;
  groups: readonly Group[];
  /** The period a reader came from; it is shaded. */
  selected: number | null;
}

function tableOf(spec: HistorySpec, groups: readonly Group[]): TableData {
  const band = spec.band;
  const lists = [
    ...spec.series,
    ...(band
      ? [
          { label: `${band.label}, low`, values: band.low },
          { label: `${band.label}, high`, values: band.high },
        ]
      : []),
    ...(spec.limits ?? []),
  ];
  return {
    columns: [
      { label: "Period" },
      { label: "n", numeric: true },
      ...lists.map(({ label }) => ({ label, numeric: true })),
    ],
    rows: groups.map((group, i) => [
      group.label,
      formatCount(group.rows),
      ...lists.map(({ values }) => spec.format(values[i] ?? null)),
    ]),
  };
}

function summarise(spec: HistorySpec, groups: readonly Group[]): string {
  const main = spec.series[0];
  const known = (main?.values ?? []).flatMap((value, i) => (value === null ? [] : [{ value, i }]));
  const [first, last] = [known[0], known.at(-1)];
  if (!main || !first || !last) return "No values in any period.";
  const above = spec.marks?.filter(Boolean).length ?? 0;
  const marks = spec.marks
    ? ` Above its decision threshold in ${above} of ${groups.length} periods.`
    : "";
  return `${main.label}: ${spec.format(first.value)} in ${groups[first.i]?.label ?? NO_VALUE}, ${spec.format(last.value)} in ${groups[last.i]?.label ?? NO_VALUE}.${marks}`;
}

/** Something of one column over the periods. Gaps stay gaps. */
export function HistoryChart({ title, spec, groups, selected }: HistoryChartProps) {
  const build = useCallback((width: number) => buildHistory(spec, groups, width), [spec, groups]);
  const table = useMemo(() => tableOf(spec, groups), [spec, groups]);
  return (
    <ChartFrame
      title={title}
      summary={summarise(spec, groups)}
      legend={historyLegend(spec)}
      table={table}
      build={build}
      draw={(model, cursor) => <Drawing model={model} cursor={cursor} selected={selected} />}
      initialWidth={400}
    />
  );
}

interface DrawingProps {
  model: HistoryModel;
  cursor: number | null;
  selected: number | null;
}

function Drawing({ model, cursor, selected }: DrawingProps) {
  const { width, height, top, bottom, left, right, step, xs } = model;
  const chosen = selected === null ? undefined : xs[selected];
  const slot = (x: number) => ({ x: x - step / 2, width: step, y: top, height: bottom - top });
  return (
    <Sheet width={width} height={height}>
      {chosen !== undefined && <rect className="history-selected" {...slot(chosen)} />}
      {model.gaps.map((i) => (
        <rect key={i} className="history-gap" {...slot(xs[i] ?? 0)} />
      ))}
      <YAxis ticks={model.ticks} frame={{ left, right, top, bottom }} />
      <g className="axis">
        <line x1={left} x2={right} y1={bottom} y2={bottom} />
      </g>
      {model.band.length > 0 && <path className="history-band" d={bandPath(model.band)} />}
      {model.limits.map((limit) => (
        <path
          key={limit.label}
          className={`history-line ${limit.look}`}
          d={linePath(limit.points)}
        />
      ))}
      {model.series.map((series) => (
        <g key={series.label} className={`history-line ${series.look}`}>
          <path d={linePath(series.points)} />
          {lonePoints(series.points).map(([x, y]) => (
            <circle key={x} cx={x} cy={y ?? 0} r={2.5} />
          ))}
        </g>
      ))}
      {model.marks.map(({ x, y }) => (
        <circle key={x} className="history-mark" cx={x} cy={y} r={4} />
      ))}
      <g className="axis">
        {model.labels.map(({ x, text }) => (
          <text
            key={text}
            x={x > right - 24 ? right : x}
            y={bottom + 16}
            textAnchor={x > right - 24 ? "end" : "middle"}
          >
            {text}
          </text>
        ))}
      </g>
      <Cursor x={cursor === null ? undefined : xs[cursor]} top={top} bottom={bottom} />
    </Sheet>
  );
}
