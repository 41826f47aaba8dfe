package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/spf13/cobra"

	"clickql/internal/engine"
)

// TestReportSaysWhyTheEngineEnded has an engine end for want of room while a
// command waits for it.
func TestReportSaysWhyTheEngineEnded(t *testing.T) {
	cut := fmt.Errorf("load a.parquet: %w", io.ErrUnexpectedEOF)
	why := &engine.EndedError{Reason: "write /d/data.bin: no space left on device; free space on its disk"}
	const told = "clickql: load a.parquet: unexpected EOF; the embedded ClickHouse ended: write /d/data.bin: no space left on device; free space on its disk, and run the same command again\n"
	for _, c := range []struct {
		what  string
		close error // what closing the engine says
		err   error // what the command says
		want  string
	}{
		{"told at the close", errors.Join(why), cut, told},
		{"told with the failure", nil, fmt.Errorf("%w; %w", cut, why), told},
		{"not told", nil, cut, "clickql: load a.parquet: unexpected EOF; the embedded ClickHouse has gone: run the same command again, which starts it anew (its log is data/log/engine.log)\n"},
		{"no matter", why, &clickhouse.Exception{Code: 62, Message: "Syntax error"}, "clickql: code: 62, message: Syntax error; the embedded ClickHouse ended: write /d/data.bin: no space left on device; free space on its disk\n"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var out bytes.Buffer
			a := &app{stderr: &out, data: "data", log: slog.New(slog.NewTextHandler(&out, nil))}
			a.releasing(func() error { return c.close })
			if status := a.report(t.Context(), &cobra.Command{}, c.err); status != exitFailed || out.String() != c.want {
				t.Errorf("status %d: %s, want %s", status, &out, c.want)
			}
		})
	}
}
