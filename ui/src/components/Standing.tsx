import { type Standing, standingWord } from "../lib/verdict";
import { StandingIcon } from "./Icon";

/** Status is always icon + word + colour. */
export function StandingBadge({
  standing,
  large = false,
}: {
  standing: Standing;
  large?: boolean;
}) {
  return (
    <span className={`standing standing-${standing}${large ? " standing-large" : ""}`}>
      <StandingIcon standing={standing} size={large ? 28 : 16} />
      <span>{standingWord(standing)}</span>
    </span>
  );
}
