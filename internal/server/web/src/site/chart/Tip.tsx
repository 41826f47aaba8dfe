import { type ReactNode, type RefObject, useLayoutEffect, useRef, useState } from "react";

/** A tooltip beside a place of a chart, kept inside the chart's width. One that is pinned stays and can be touched. */
export function Tip({ x, width, top, pinned, at, children }: { x: number; width: number; top: number; pinned?: boolean; at?: RefObject<HTMLDivElement | null>; children: ReactNode }) {
  const spare = useRef<HTMLDivElement>(null);
  const box = at ?? spare;
  const [own, setOwn] = useState(0);
  useLayoutEffect(() => setOwn(box.current?.offsetWidth ?? 0));
  const left = x + 14 + own <= width ? x + 14 : Math.max(x - 14 - own, 0);
  return (
    <div ref={box} className={pinned ? "tip pinned" : "tip"} role="presentation" style={{ left, top, visibility: own ? "visible" : "hidden" }}>
      {children}
    </div>
  );
}
