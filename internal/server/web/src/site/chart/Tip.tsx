import { type ReactNode, useLayoutEffect, useRef, useState } from "react";

/** A tooltip beside a place of a chart, kept inside the chart's width. It can be hovered and read. */
export function Tip({ x, width, top, children }: { x: number; width: number; top: number; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [own, setOwn] = useState(0);
  useLayoutEffect(() => setOwn(box.current?.offsetWidth ?? 0));
  const left = x + 14 + own <= width ? x + 14 : Math.max(x - 14 - own, 0);
  return (
    <div ref={box} className="tip" role="presentation" style={{ left, top, visibility: own ? "visible" : "hidden" }}>
      {children}
    </div>
  );
}
