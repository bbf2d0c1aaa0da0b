import type { MouseEvent } from "react";

/** The id of a column's row. Any text may be a column's name, so it is encoded. */
export function columnId(name: string): string {
  return `column:${encodeURIComponent(name)}`;
}

/** After React has drawn and the browser has laid out. */
export function scrollToId(id: string, block: "start" | "nearest" = "start"): void {
  requestAnimationFrame(() => {
    document.getElementById(id)?.scrollIntoView({ block });
  });
}

/** The hash belongs to the filters: a section link scrolls, moves the focus, and leaves it alone. */
export function followSection(event: MouseEvent, id: string): void {
  event.preventDefault();
  const section = document.getElementById(id);
  section?.scrollIntoView({ block: "start" });
  section?.focus({ preventScroll: true });
}
