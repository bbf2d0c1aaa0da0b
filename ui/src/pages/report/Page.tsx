import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from "react";
import { flushSync } from "react-dom";
import type { Report } from "../../api/report";
import { ErrorBoundary } from "../../components/ErrorBoundary";
import { usePrint } from "../../components/theme";
import { buildRows } from "../../lib/columns";
import { Columns } from "./Columns";
import { Footer } from "./Footer";
import { columnId, followSection, scrollToId } from "./ids";
import { LookFirst } from "./LookFirst";
import { Notes } from "./Notes";
import { Periods } from "./Periods";
import { Segments } from "./Segments";
import { Summary } from "./Summary";
import { type SectionLink, TopBar } from "./TopBar";
import { useUrlState } from "./useUrlState";

function sectionsOf({ check }: Report): SectionLink[] {
  return [
    { id: "summary", label: "Summary" },
    ...(check.periods.length > 0 ? [{ id: "periods", label: "Over time" }] : []),
    { id: "columns", label: "Columns" },
    ...(check.segments.length > 0 ? [{ id: "segments", label: "Segments" }] : []),
    { id: "reading", label: "How to read" },
  ];
}

export function Page({ report, onReady }: { report: Report; onReady: () => void }) {
  const [state, change] = useUrlState();
  const [printing, setPrinting] = useState(false);
  const rows = useMemo(() => buildRows(report), [report]);
  const sections = useMemo(() => sectionsOf(report), [report]);
  useLayoutEffect(onReady, [onReady]);
  // Paper has no later: what is to be printed must be there when the call returns.
  usePrint(useCallback((on: boolean) => flushSync(() => setPrinting(on)), []));

  const [linked] = useState(state.column);
  useEffect(() => {
    if (linked !== null) scrollToId(columnId(linked));
  }, [linked]);

  const openColumn = useCallback(
    (name: string) => {
      // The filters may hide it.
      change({ column: name, query: "", verdicts: [], role: "" });
      scrollToId(columnId(name));
    },
    [change],
  );

  return (
    <>
      <svg className="defs" aria-hidden="true" focusable="false">
        <defs>
          <pattern
            id="wk-hatch"
            width="6"
            height="6"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <line className="hatch-line" x1="0" y1="0" x2="0" y2="6" />
          </pattern>
        </defs>
      </svg>
      {/* biome-ignore lint/a11y/useValidAnchor: it goes somewhere; the handler only keeps the hash */}
      <a className="skip-link" href="#columns" onClick={(event) => followSection(event, "columns")}>
        Skip to the columns
      </a>
      <TopBar check={report.check} sections={sections} />
      <main>
        <ErrorBoundary part="Summary">
          <Summary
            check={report.check}
            rows={rows}
            onFilter={(verdicts) => change({ verdicts, query: "", role: "" })}
          />
          <LookFirst report={report} onOpen={openColumn} />
          <Notes check={report.check} onOpen={openColumn} />
        </ErrorBoundary>
        <ErrorBoundary part="Over time">
          <Periods report={report} state={state} onChange={change} onOpen={openColumn} />
        </ErrorBoundary>
        <ErrorBoundary part="Columns">
          <Columns
            report={report}
            rows={rows}
            state={state}
            onChange={change}
            printing={printing}
          />
        </ErrorBoundary>
        <ErrorBoundary part="Segments">
          <Segments check={report.check} onOpen={openColumn} />
        </ErrorBoundary>
        <Footer check={report.check} />
      </main>
    </>
  );
}
