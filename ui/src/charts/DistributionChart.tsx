import { useCallback, useMemo, useState } from "react";
import type { NumericView } from "../api/report";
import { Segmented } from "../components/Segmented";
import { formatCount, formatValue } from "../lib/format";
import { XAxis, YAxis } from "./AxisLines";
import type { ScaleKind } from "./axis";
import { ChartFrame, type LegendEntry } from "./ChartFrame";
import { buildDensity, preferredScale } from "./density";
import {
  buildDistribution,
  buildEcdfChart,
  type DistributionMode,
  type DistributionModel,
  distributionTable,
  type EcdfModel,
  MARGIN,
  outsideNote,
  type Panel,
} from "./distribution";
import { quantile, totals } from "./ecdf";
import { linePath } from "./paths";

const LEGEND: LegendEntry[] = [
  { label: "Reference", swatch: "swatch-reference" },
  { label: "Current", swatch: "swatch-current" },
];

const MODES = [
  { value: "density", label: "Density" },
  { value: "ecdf", label: "ECDF", title: "Cumulative share of rows" },
] as const;

const SCALES = [
  { value: "linear", label: "Linear" },
  { value: "log", label: "Log" },
] as const;

function summarise(view: NumericView): string {
  const n = totals(view);
  const density = buildDensity(view, "linear", 8);
  if (!density) return "No values on either side.";
  const side = (name: "reference" | "current") => {
    if (n[name] === 0) return `${name}: no values`;
    const at = (p: number) => formatValue(quantile(density.ecdf, name, p), view.format);
    return `${name}: median ${at(0.5)}, 90 % between ${at(0.05)} and ${at(0.95)}, n ${formatCount(n[name])}`;
  };
  return `${side("reference")}; ${side("current")}.`;
}

/** Reference and current of one numeric column, one over the other. */
export function DistributionChart({ view, title }: { view: NumericView; title: string }) {
  const [mode, setMode] = useState<DistributionMode>("density");
  const [scale, setScale] = useState<ScaleKind>(() => preferredScale(view));
  const dates = view.format === "timestamp_us" || view.format === "date_days";
  const controls = (
    <>
      <Segmented label="What is drawn" value={mode} options={MODES} onChange={setMode} />
      {!dates && (
        <Segmented label="Scale of x" value={scale} options={SCALES} onChange={setScale} />
      )}
    </>
  );
  const table = useMemo(() => distributionTable(view, scale), [view, scale]);
  const note = useMemo(() => outsideNote(view, scale), [view, scale]);
  const summary = useMemo(() => summarise(view), [view]);
  const density = useCallback(
    (width: number) => buildDistribution(view, scale, width),
    [view, scale],
  );
  const ecdf = useCallback((width: number) => buildEcdfChart(view, scale, width), [view, scale]);
  const common = { title, summary, legend: LEGEND, controls, note, table };
  return mode === "density" ? (
    <ChartFrame key="density" {...common} build={density} draw={drawDensity} />
  ) : (
    <ChartFrame key="ecdf" {...common} build={ecdf} draw={drawEcdf} />
  );
}

interface SheetProps {
  width: number;
  height: number;
  children: React.ReactNode;
}

/** The drawing scales with its box, so that paper and zoom need no second layout. */
export function Sheet({ width, height, children }: SheetProps) {
  return (
    <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export function Cursor({ x, top, bottom }: { x: number | undefined; top: number; bottom: number }) {
  return x === undefined ? null : <line className="cursor" x1={x} x2={x} y1={top} y2={bottom} />;
}

const frameOf = (panel: Panel, width: number) => ({
  left: MARGIN.left,
  right: width - MARGIN.right,
  top: panel.top,
  bottom: panel.bottom,
});

function PanelLabel({ panel }: { panel: Panel }) {
  return (
    <text className="panel-label" x={MARGIN.left} y={panel.top - 6}>
      {panel.label}
    </text>
  );
}

function drawDensity(model: DistributionModel, cursor: number | null) {
  const { width, height, density, main, stems } = model;
  const last = main ?? stems;
  if (!density || !last) return <p className="chart-empty">No values to draw.</p>;
  return (
    <Sheet width={width} height={height}>
      {stems && (
        <g>
          <PanelLabel panel={stems} />
          <YAxis ticks={stems.ticks} frame={frameOf(stems, width)} />
          {model.atoms.map((atom) => (
            <Stems key={atom.x} {...atom} base={stems.bottom} />
          ))}
        </g>
      )}
      {main && (
        <g>
          <PanelLabel panel={main} />
          <YAxis ticks={main.ticks} frame={frameOf(main, width)} />
          {model.reference && <path className="reference-area" d={model.reference} />}
          {model.current && <path className="current-area" d={model.current} />}
        </g>
      )}
      <XAxis axis={density.axis} frame={frameOf(last, width)} count={Math.max(2, width / 90)} />
      <Cursor
        x={cursor === null ? undefined : model.points[cursor]?.x}
        top={(stems ?? last).top}
        bottom={last.bottom}
      />
    </Sheet>
  );
}

interface StemsProps {
  x: number;
  reference: number | null;
  current: number | null;
  base: number;
}

/** A value that many rows share: a pair of stems, side by side so that neither hides the other. */
function Stems({ x, reference, current, base }: StemsProps) {
  return (
    <g>
      {reference !== null && (
        <g className="stem-reference">
          <line x1={x - 3} x2={x - 3} y1={base} y2={reference} />
          <circle cx={x - 3} cy={reference} r={3} />
        </g>
      )}
      {current !== null && (
        <g className="stem-current">
          <line x1={x + 3} x2={x + 3} y1={base} y2={current} />
          <circle cx={x + 3} cy={current} r={3} />
        </g>
      )}
    </g>
  );
}

function drawEcdf(model: EcdfModel, cursor: number | null) {
  const { width, height, density, panel } = model;
  if (!density || !panel) return <p className="chart-empty">No values to draw.</p>;
  return (
    <Sheet width={width} height={height}>
      <PanelLabel panel={panel} />
      <YAxis ticks={panel.ticks} frame={frameOf(panel, width)} />
      <path className="reference-line" d={linePath(model.reference)} />
      <path className="current-line" d={linePath(model.current)} />
      <XAxis axis={density.axis} frame={frameOf(panel, width)} count={Math.max(2, width / 90)} />
      <Cursor
        x={cursor === null ? undefined : model.points[cursor]?.x}
        top={panel.top}
        bottom={panel.bottom}
      />
    </Sheet>
  );
}
