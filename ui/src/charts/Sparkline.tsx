import { useMemo } from "react";
import type { View } from "../api/report";
import { buildSpark, type CategoricalSpark, type NumericSpark, SPARK } from "./sparkline";

interface SparklineProps {
  view: View | undefined;
  width?: number;
  height?: number;
}

/** A picture beside its numbers: hidden from readers, who get the numbers. */
export function Sparkline({ view, width = SPARK.width, height = SPARK.height }: SparklineProps) {
  const spark = useMemo(() => buildSpark(view, width, height), [view, width, height]);
  if (!spark) return <span className="spark-empty">no values</span>;
  return (
    <svg
      className="spark"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {spark.kind === "numeric" ? (
        <NumericMarks spark={spark} height={height} />
      ) : (
        <Bars spark={spark} height={height} />
      )}
      <line className="spark-base" x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} />
    </svg>
  );
}

function NumericMarks({ spark, height }: { spark: NumericSpark; height: number }) {
  return (
    <>
      {spark.reference && <path className="reference-area" d={spark.reference} />}
      {spark.current && <path className="current-area" d={spark.current} />}
      {spark.stems.map(({ x, reference, current }) => (
        <g key={x}>
          {reference !== null && (
            <line
              className="spark-reference"
              x1={x - 1.5}
              x2={x - 1.5}
              y1={height}
              y2={reference}
            />
          )}
          {current !== null && (
            <line className="spark-current" x1={x + 1.5} x2={x + 1.5} y1={height} y2={current} />
          )}
        </g>
      ))}
    </>
  );
}

function Bars({ spark, height }: { spark: CategoricalSpark; height: number }) {
  return spark.bars.map(({ x, width, reference, current }) => (
    <g key={x}>
      {reference !== null && (
        <rect
          className="reference-area"
          x={x}
          width={width / 2}
          y={height - reference}
          height={reference}
        />
      )}
      {current !== null && (
        <rect
          className="current-solid"
          x={x + width / 2}
          width={width / 2}
          y={height - current}
          height={current}
        />
      )}
    </g>
  ));
}
