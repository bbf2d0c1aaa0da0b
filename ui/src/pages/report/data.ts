import type { Check, Report } from "../../api/report";

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const LISTS = [
  "findings",
  "measurements",
  "schema_changes",
  "columns",
  "periods",
  "segments",
  "notes",
] as const;

/** Lists that a newer or older writer left out are empty, not a broken page. */
function withLists(check: Record<string, unknown>): Check {
  const lists = Object.fromEntries(
    LISTS.map((name) => [name, Array.isArray(check[name]) ? check[name] : []]),
  );
  return { ...check, ...lists } as unknown as Check;
}

/** Reads the embedded data; null when it is not a report of a version this page knows. */
export function readReport(text: string): Report | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(data) || data.schema !== "watchkeeper.report/v1" || !isRecord(data.check))
    return null;
  return {
    schema: "watchkeeper.report/v1",
    check: withLists(data.check),
    columns: (isRecord(data.columns) ? data.columns : {}) as Report["columns"],
    history: (isRecord(data.history) ? data.history : {}) as Report["history"],
  };
}
