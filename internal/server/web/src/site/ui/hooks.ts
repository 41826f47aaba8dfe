import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

/** The width of a box in px, followed. */
export function useWidth(): [RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const el = box.current!;
    setWidth(Math.floor(el.clientWidth));
    const watch = new ResizeObserver(() => setWidth(Math.floor(el.clientWidth)));
    watch.observe(el);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}

/** Calls away when something outside the box is pressed, or Escape. */
export function useAway(box: RefObject<HTMLElement | null>, open: boolean, away: () => void) {
  useEffect(() => {
    if (!open) return;
    const press = (e: Event) => !box.current?.contains(e.target as Node) && away();
    const key = (e: KeyboardEvent) => {
      if (e.key !== "Escape") return;
      e.stopPropagation();
      away();
    };
    document.addEventListener("pointerdown", press);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("pointerdown", press);
      document.removeEventListener("keydown", key, true);
    };
  }, [open, away, box]);
}
