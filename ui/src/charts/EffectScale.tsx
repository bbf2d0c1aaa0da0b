import { useTheme } from "../components/theme";
import { css, RATIO_MAX, ratioColor } from "../lib/color";

const STOPS = [0, 0.25, 0.5, 0.75, 1.001, 1.5, 2, 3, RATIO_MAX];

/** The key of the effect grid. */
export function EffectScale() {
  const theme = useTheme();
  return (
    <ul className="effect-scale" aria-label="Key: effect as a multiple of its decision threshold">
      <li>
        <span className="effect-scale-ramp" aria-hidden="true">
          {STOPS.map((ratio) => (
            <i key={ratio} style={{ backgroundColor: css(ratioColor(ratio, theme)) }} />
          ))}
        </span>
        none to {RATIO_MAX} × threshold
      </li>
      <li>
        <i className="effects-cell cell-key cell-warning" aria-hidden="true" /> above threshold
      </li>
      <li>
        <i className="effects-cell cell-key cell-critical" aria-hidden="true" /> critical
      </li>
      <li>
        <i className="effects-cell cell-key cell-unknown" aria-hidden="true" /> unknown
      </li>
    </ul>
  );
}
