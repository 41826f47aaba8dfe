import { useState } from "react";

const themes = ["auto", "light", "dark"] as const;
const signs = { auto: "◐", light: "☀", dark: "☾" };

/** Light, dark, or as the system has it; kept in this browser. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState<(typeof themes)[number]>(() => (document.documentElement.dataset.theme as "light" | "dark") ?? "auto");
  const turn = () => {
    const next = themes[(themes.indexOf(theme) + 1) % themes.length];
    setTheme(next);
    if (next === "auto") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem("clickql:theme");
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem("clickql:theme", next);
    }
  };
  return (
    <button type="button" className="quiet" onClick={turn} title={`Theme: ${theme}`} aria-label={`Theme: ${theme}. Change`}>
      <span aria-hidden="true">{signs[theme]}</span>
    </button>
  );
}
