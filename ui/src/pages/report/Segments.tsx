import { useMemo, useState } from "react";
import type { Check, Group, GroupColumn } from "../../api/report";
import { BulletStrip } from "../../charts/BulletStrip";
import { EffectGrid } from "../../charts/EffectGrid";
import { EffectScale } from "../../charts/EffectScale";
import { buildEffects } from "../../charts/effects";
import { DataTable } from "../../components/DataTable";
import { Segmented } from "../../components/Segmented";
import { StandingBadge } from "../../components/Standing";
import { Truncate } from "../../components/Truncate";
import { formatCount, formatNumber, formatShare, plural } from "../../lib/format";
import { effectRatio, formatMeasured, headline, metricLabel } from "../../lib/measurement";
import { severity } from "../../lib/verdict";

interface SegmentsProps {
  check: Check;
  onOpen: (column: string) => void;
}

interface Ranked {
  group: Group;
  column: GroupColumn | undefined;
  ratio: number | null;
  counting: number;
}

/** Worst verdict first, then the strongest effect of any column. */
function rankSegments(groups: readonly Group[]): Ranked[] {
  return groups
    .map((group): Ranked => {
      const columns = group.columns
        .map((column) => ({ column, ratio: effectRatio(headline(column.measurements)) }))
        .toSorted((a, b) => (b.ratio ?? -1) - (a.ratio ?? -1));
      const counting = columns.filter(
        ({ column }) => severity(column.verdict) >= severity("warning"),
      );
      return {
        group,
        column: columns[0]?.column,
        ratio: columns[0]?.ratio ?? null,
        counting: counting.length,
      };
    })
    .toSorted(
      (a, b) =>
        severity(b.group.verdict) - severity(a.group.verdict) || (b.ratio ?? -1) - (a.ratio ?? -1),
    );
}

const VIEWS = [
  { value: "ranked", label: "Ranked" },
  { value: "matrix", label: "Matrix" },
] as const;

const SHOWN = 20;

/** Where it is bad. */
export function Segments({ check, onOpen }: SegmentsProps) {
  const { segments, settings } = check;
  const [view, setView] = useState<"ranked" | "matrix">("ranked");
  const [all, setAll] = useState(false);
  const ranked = useMemo(() => rankSegments(segments), [segments]);
  const effects = useMemo(() => buildEffects(ranked.map(({ group }) => group)), [ranked]);
  if (segments.length === 0) return null;
  const shown = all ? ranked : ranked.slice(0, SHOWN);
  const groups = shown.map(({ group }) => group);
  return (
    <section id="segments" className="panel" aria-labelledby="segments-title" tabIndex={-1}>
      <header className="panel-head">
        <h2 id="segments-title">Segments</h2>
        <p className="muted">
          {plural(segments.length, "segment")} by {settings.segment ?? "value"}, each against its
          own part of the reference
        </p>
        {view === "matrix" && <EffectScale />}
        <Segmented label="Segments as" value={view} options={VIEWS} onChange={setView} />
      </header>
      {view === "ranked" ? (
        <RankedTable ranked={shown} rows={check.current.rows} onOpen={onOpen} />
      ) : (
        <EffectGrid
          label="Effect of each column in each segment"
          groups={groups}
          rows={effects.slice(0, SHOWN)}
          selected={null}
          onOpen={onOpen}
        />
      )}
      {segments.length > SHOWN && (
        <button type="button" className="button no-print" onClick={() => setAll(!all)}>
          {all ? `Show the ${SHOWN} worst` : `Show all ${formatCount(segments.length)} segments`}
        </button>
      )}
    </section>
  );
}

interface RankedTableProps {
  ranked: readonly Ranked[];
  rows: number;
  onOpen: (column: string) => void;
}

function RankedTable({ ranked, rows, onOpen }: RankedTableProps) {
  return (
    <DataTable
      caption="Segments, worst first"
      data={{
        columns: [
          { label: "Segment" },
          { label: "Status" },
          { label: "Rows", numeric: true },
          { label: "Share", numeric: true },
          { label: "Columns that count", numeric: true },
          { label: "Strongest column" },
          { label: "Effect", numeric: true },
          { label: "Against its thresholds" },
          { label: "Finding" },
        ],
        rows: ranked.map(({ group, column, ratio, counting }) => {
          const m = column && headline(column.measurements);
          return [
            <Truncate key="label" text={group.label === "" ? "(empty)" : group.label} />,
            <StandingBadge key="status" standing={group.verdict} />,
            formatCount(group.rows),
            rows > 0 ? formatShare(group.rows / rows) : "–",
            formatCount(counting),
            column ? (
              <button
                key="column"
                type="button"
                className="link"
                onClick={() => onOpen(column.name)}
              >
                <Truncate text={column.name} />
              </button>
            ) : (
              "–"
            ),
            m ? (
              <span key="effect">
                <span className="muted">{metricLabel(m.metric)}</span> <b>{formatMeasured(m)}</b>
                {ratio !== null && <span className="muted"> {formatNumber(ratio, 2)} ×</span>}
              </span>
            ) : (
              "–"
            ),
            m ? <BulletStrip key="strip" measurement={m} /> : "",
            <Truncate key="reason" className="wide" text={group.reason} />,
          ];
        }),
      }}
    />
  );
}
