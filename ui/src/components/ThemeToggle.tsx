import { Glyph, type GlyphName } from "./Icon";
import { setTheme, type ThemeChoice, useThemeChoice } from "./theme";

const NEXT: Record<ThemeChoice, { next: ThemeChoice; glyph: GlyphName; label: string }> = {
  system: { next: "light", glyph: "system", label: "Theme: as the system" },
  light: { next: "dark", glyph: "sun", label: "Theme: light" },
  dark: { next: "system", glyph: "moon", label: "Theme: dark" },
};

export function ThemeToggle() {
  const choice = useThemeChoice();
  const { next, glyph, label } = NEXT[choice];
  return (
    <button
      type="button"
      className="button-quiet no-print"
      title={label}
      onClick={() => setTheme(next)}
    >
      <Glyph name={glyph} />
      <span className="visually-hidden">
        {label}. Change to {next}.
      </span>
    </button>
  );
}
