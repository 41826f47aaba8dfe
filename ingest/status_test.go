package ingest

import (
	"testing"
	"time"

	"clickql/ingest/ledger"
)

func TestSpeed(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(1_700_000_000+int64(seconds), 0) }
	batches := []ledger.Batch{
		{Stored: 100, Seconds: 10, At: at(10)}, {Stored: 100, Seconds: 10, At: at(15)}, // side by side for half of it
		{Stored: 200, Seconds: 5, At: at(1000)},
	}
	if got := speed(batches); got != 20 {
		t.Errorf("%v rows a second, want 20", got)
	}
	if got := speed(nil); got != 0 {
		t.Errorf("%v rows a second of nothing", got)
	}
}
