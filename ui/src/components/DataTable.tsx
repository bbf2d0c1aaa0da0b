import { type ReactNode, useLayoutEffect, useRef, useState } from "react";

export interface TableColumn {
  label: string;
  numeric?: boolean;
}

export interface TableData {
  columns: TableColumn[];
  rows: ReactNode[][];
  /** For rows that are heads of a group or stand out. */
  rowClass?: (index: number) => string | undefined;
}

/** Whether the element has more to show than room: only then it needs to be reached by keyboard. */
function useOverflow<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  const [overflow, setOverflow] = useState(false);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() =>
      setOverflow(element.scrollWidth > element.clientWidth),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, overflow] as const;
}

/** A plain table; the first cell of a row is its head. Scrolls sideways when there is no room. */
export function DataTable({ caption, data }: { caption: string; data: TableData }) {
  const [ref, overflow] = useOverflow<HTMLDivElement>();
  const reach = overflow ? { role: "group", "aria-label": caption, tabIndex: 0 } : {};
  return (
    <div ref={ref} className="table-scroll" {...reach}>
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {data.columns.map((column) => (
              <th key={column.label} scope="col" className={column.numeric ? "numeric" : undefined}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a finished table do not move
            <tr key={i} className={data.rowClass?.(i)}>
              {row.map((cell, j) => {
                const column = data.columns[j];
                const className = column?.numeric ? "numeric" : undefined;
                return j === 0 ? (
                  <th key={column?.label} scope="row" className={className}>
                    {cell}
                  </th>
                ) : (
                  <td key={column?.label} className={className}>
                    {cell}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
