import { ToolbarButton } from "@graphiql/react";
import { useState } from "react";

const key = "clickql:explain";

/** Whether requests ask the gateway to explain how it answered them. */
export function explaining() {
  return localStorage.getItem(key) === "on";
}

/** A toolbar switch for extensions.explain: which tables answered, and by which SQL. */
export function ExplainButton() {
  const [on, setOn] = useState(explaining);
  const toggle = () => {
    localStorage.setItem(key, on ? "off" : "on");
    setOn(!on);
  };
  return (
    <ToolbarButton
      onClick={toggle}
      aria-pressed={on}
      className={on ? "explain explain-on" : "explain"}
      label={on ? "Stop explaining answers" : "Explain answers: tables, SQL, rows read"}
    >
      <svg className="graphiql-toolbar-icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
        <ellipse cx="8" cy="4" rx="6" ry="2.5" />
        <path d="M2 4v9c0 1.4 2.7 2.5 6 2.5M14 4v3.5M2 8.5c0 1.4 2.7 2.5 6 2.5" />
        <circle cx="13.5" cy="13" r="3.5" />
        <path d="m16 15.5 3 3" strokeLinecap="round" />
      </svg>
    </ToolbarButton>
  );
}
