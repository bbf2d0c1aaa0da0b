import type { Check } from "../../api/report";
import { ThemeToggle } from "../../components/ThemeToggle";
import { Truncate } from "../../components/Truncate";
import { formatTime } from "../../lib/format";
import { followSection } from "./ids";

export interface SectionLink {
  id: string;
  label: string;
}

export function TopBar({ check, sections }: { check: Check; sections: readonly SectionLink[] }) {
  return (
    <header className="top-bar">
      <div className="top-bar-inner">
        <span className="brand">
          <Mark />
          Watchkeeper
        </span>
        <Truncate className="top-bar-model" text={check.model.name} />
        <nav aria-label="Sections" className="no-print">
          {sections.map(({ id, label }) => (
            <a key={id} href={`#${id}`} onClick={(event) => followSection(event, id)}>
              {label}
            </a>
          ))}
        </nav>
        <span className="top-bar-time">{formatTime(check.generated_at)}</span>
        <ThemeToggle />
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" focusable="false">
      <path className="mark-line" d="M1 11h3.2l2-6 3.2 9 2.2-5.4H17" />
    </svg>
  );
}
