import type { Axis } from "./axis";

interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The x axis of a chart: a base line, ticks, labels that stay inside the frame. */
export function XAxis({ axis, frame, count }: { axis: Axis; frame: Frame; count: number }) {
  const span = frame.right - frame.left;
  return (
    <g className="axis">
      <line x1={frame.left} x2={frame.right} y1={frame.bottom} y2={frame.bottom} />
      {axis.ticks(count).map((tick) => {
        const x = frame.left + axis.forward(tick.x) * span;
        const anchor = x < frame.left + 16 ? "start" : x > frame.right - 16 ? "end" : "middle";
        return (
          <g key={tick.x}>
            <line x1={x} x2={x} y1={frame.bottom} y2={frame.bottom + 4} />
            <text x={x} y={frame.bottom + 16} textAnchor={anchor}>
              {tick.label}
            </text>
          </g>
        );
      })}
    </g>
  );
}

export interface YTick {
  y: number;
  label: string;
}

export function YAxis({ ticks, frame }: { ticks: readonly YTick[]; frame: Frame }) {
  return (
    <g className="axis">
      {ticks.map((tick) => (
        <g key={tick.label}>
          <line className="grid-line" x1={frame.left} x2={frame.right} y1={tick.y} y2={tick.y} />
          <text x={frame.left - 6} y={tick.y + 4} textAnchor="end">
            {tick.label}
          </text>
        </g>
      ))}
    </g>
  );
}
