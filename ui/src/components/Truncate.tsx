/** One line of text from the data: cut where there is no room, whole in the title. */
export function Truncate({ text, className = "" }: { text: string; className?: string }) {
  return (
    <span className={`truncate ${className}`} title={text}>
      {text}
    </span>
  );
}
