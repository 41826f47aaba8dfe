// Keys that do something wherever the page has its focus. They can be turned off,
// as they are in the way of those who speak to their computer (WCAG 2.1.4).
const store = "clickql:keys";

export const keysAreOn = () => localStorage.getItem(store) !== "off";

export function turnKeys(on: boolean) {
  if (on) localStorage.removeItem(store);
  else localStorage.setItem(store, "off");
}

/** A key that is meant for the page, and for no field of it. */
export const isForPage = (e: KeyboardEvent) => keysAreOn() && !e.ctrlKey && !e.metaKey && !e.altKey && !(e.target as Element).closest?.("input, textarea, select, [contenteditable]");
