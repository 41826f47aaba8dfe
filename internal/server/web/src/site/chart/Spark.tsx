import { line } from "d3-shape";

/** A small line without axes; what it says is said by the numbers beside it. */
export function Spark({ totals, width = 72, height = 20 }: { totals: number[]; width?: number; height?: number }) {
  if (totals.length < 2) return null;
  const max = Math.max(...totals, 1);
  const d = line<number>().x((_, i) => 1 + (i / (totals.length - 1)) * (width - 2)).y((v) => height - 2 - (v / max) * (height - 4))(totals);
  return (
    <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path d={d ?? ""} />
    </svg>
  );
}
