package ledger

import (
	"strings"
	"testing"
	"time"
)

// TestWhatABatchDoes tells loads from repairs, which are done anew in other ways.
func TestWhatABatchDoes(t *testing.T) {
	first, last := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		batch       Batch
		what, again string
	}{
		{Batch{Kind: "downloads", Files: 2, FirstDay: first, LastDay: last}, "downloads", "clickql ingest run"},
		{Batch{Kind: "projects", Files: 1}, "projects", "clickql ingest projects"},
		{Batch{Kind: "downloads", FirstDay: first, LastDay: first}, "repair of 2024-01-31", "that command"},
		{Batch{Kind: "downloads", FirstDay: first, LastDay: last}, "repair of 2024-01-31 to 2024-02-02", "that command"},
		{Batch{Kind: "promotion"}, "promotion", "that command"},
	} {
		if what, again := c.batch.What(), c.batch.Again(); what != c.what || !strings.Contains(again, c.again) {
			t.Errorf("%+v: %q, %q; want %q, %q", c.batch, what, again, c.what, c.again)
		}
	}
}
