// What every page says about its answer as a whole.
import type { ReactNode } from "react";
import { day } from "../format";
import type { Page } from "./usePage";

export function Frame({ page, children }: { page: Pick<Page<any, any>, "answer" | "failed" | "retry">; children: ReactNode }) {
  const stale = page.answer.extensions?.stale;
  const hints = new Set(page.answer.extensions?.hints?.map((h) => h.message)); // twelve parts have the same filter
  return (
    <>
      {page.failed && (
        <p className="notice error" role="alert">
          {page.failed} What is shown is of before.{" "}
          <button type="button" onClick={page.retry}>
            Retry
          </button>
        </p>
      )}
      {stale && (
        <p className="notice" role="status">
          As of {day(stale.asOf)}, {stale.asOf.slice(11, 16)} UTC: {stale.reason}
        </p>
      )}
      {[...hints].map((hint) => (
        <p key={hint} className="notice" role="status">
          {hint}
        </p>
      ))}
      {children}
    </>
  );
}
