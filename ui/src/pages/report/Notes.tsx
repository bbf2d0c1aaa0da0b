import type { Check } from "../../api/report";
import { DataTable } from "../../components/DataTable";
import { StandingBadge } from "../../components/Standing";
import { Truncate } from "../../components/Truncate";

const WORDS = { added: "Added", removed: "Removed", retyped: "Type changed" } as const;

/** Changes of the schema and remarks of the checker; nothing at all when there are none. */
export function Notes({ check, onOpen }: { check: Check; onOpen: (column: string) => void }) {
  const { schema_changes: changes, notes } = check;
  const known = new Set(check.columns.map((column) => column.name));
  return (
    <>
      {changes.length > 0 && (
        <section className="panel" aria-labelledby="schema">
          <h2 id="schema">Schema changes</h2>
          <DataTable
            caption="Schema changes"
            data={{
              columns: [
                "Column",
                "Status",
                "Change",
                "Reference type",
                "Current type",
                "Reason",
              ].map((label) => ({ label })),
              rows: changes.map((change) => [
                known.has(change.column) ? (
                  <button
                    key="column"
                    type="button"
                    className="link"
                    onClick={() => onOpen(change.column)}
                  >
                    <Truncate text={change.column} />
                  </button>
                ) : (
                  <Truncate key="column" text={change.column} />
                ),
                <StandingBadge key="status" standing={change.verdict} />,
                WORDS[change.change] ?? change.change,
                change.reference_type ?? "–",
                change.current_type ?? "–",
                change.reason,
              ]),
            }}
          />
        </section>
      )}
      {notes.length > 0 && (
        <section className="notes" aria-label="Notes">
          <h2>Notes</h2>
          <ul>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
