package export

import (
	"errors"
	"io"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// TestBlamesFile tells what one file is to blame for from what all share.
func TestBlamesFile(t *testing.T) {
	exception := func(code int32, text string) error { return &clickhouse.Exception{Code: code, Message: text} }
	for _, c := range []struct {
		err  error
		want bool
	}{
		{exception(1001, "Parquet magic bytes not found in footer"), true},
		{exception(636, "the file is empty"), true},
		{exception(499, "NoSuchKey: HTTP response code: 404"), true},
		{exception(75, "Cannot open file x: Permission denied"), true},
		{errEmptyFile, true},
		{exception(499, "AccessDenied. HTTP response code: 403"), false},
		{exception(1000, "Host not found: storage.googleapis.com"), false},
		{exception(241, "memory limit exceeded"), false},
		{exception(394, "Query was cancelled"), false},
		{io.EOF, false},
		{errors.New("something else"), false},
	} {
		if got := BlamesFile(c.err); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}
