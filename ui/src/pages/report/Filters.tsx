import { useEffect, useMemo, useRef } from "react";
import { Glyph, StandingIcon } from "../../components/Icon";
import { type ColumnRow, countStandings } from "../../lib/columns";
import { formatCount } from "../../lib/format";
import type { UrlState } from "../../lib/urlState";
import { STANDINGS, type Standing, standingWord } from "../../lib/verdict";

interface FiltersProps {
  rows: readonly ColumnRow[];
  state: UrlState;
  onChange: (change: Partial<UrlState>) => void;
}

/** `/` goes to the search field, unless something is being typed. */
function useSlash(target: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof Element && event.target.closest("input, select, textarea");
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
      event.preventDefault();
      target.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [target]);
}

export function Filters({ rows, state, onChange }: FiltersProps) {
  const search = useRef<HTMLInputElement>(null);
  useSlash(search);
  const counts = useMemo(() => countStandings(rows), [rows]);
  const roles = useMemo(() => [...new Set(rows.map((row) => row.column.role))].toSorted(), [rows]);
  const toggle = (standing: Standing) => {
    const on = state.verdicts.includes(standing);
    onChange({
      verdicts: on
        ? state.verdicts.filter((one) => one !== standing)
        : [...state.verdicts, standing],
    });
  };
  if (rows.length < 2) return null;
  return (
    <div role="search" className="filters no-print">
      <label className="search">
        <Glyph name="search" />
        <span className="visually-hidden">Filter columns by name, role or type</span>
        <input
          ref={search}
          type="search"
          placeholder="Filter columns  /"
          value={state.query}
          onChange={(event) => onChange({ query: event.target.value })}
        />
      </label>
      <fieldset className="chips">
        <legend className="visually-hidden">Status</legend>
        {STANDINGS.filter((standing) => (counts.get(standing) ?? 0) > 0).map((standing) => (
          <button
            key={standing}
            type="button"
            className="chip"
            aria-pressed={state.verdicts.includes(standing)}
            onClick={() => toggle(standing)}
          >
            <StandingIcon standing={standing} size={14} />
            {standingWord(standing)} <b>{formatCount(counts.get(standing))}</b>
          </button>
        ))}
      </fieldset>
      {roles.length > 1 && (
        <label className="select">
          <span className="visually-hidden">Role</span>
          <select value={state.role} onChange={(event) => onChange({ role: event.target.value })}>
            <option value="">All roles</option>
            {roles.map((role) => (
              <option key={role} value={role}>
                {role}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
