package tabular

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

var columns = []Column{{"date", Date, true}, {"name", Text, false}, {"total", Whole, false}, {"part", Real, false}, {"whole", Truth, true}}

var table = [][]any{
	{Day(20000), "numpy", int64(1 << 60), .25, true},
	{Day(0), nil, nil, nil, false},
	{Day(20001), `a "quoted", name` + "\nof two lines", int64(-1), 1e-9, true},
}

// written is the table in a format.
func written(t *testing.T, f Format, rows [][]any) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := New(f, &out, columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Row(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCSV(t *testing.T) {
	records, err := csv.NewReader(bytes.NewReader(written(t, CSV, table))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 4 || strings.Join(records[0], ",") != "date,name,total,part,whole" || strings.Join(records[2], ",") != "1970-01-01,,,,false" ||
		records[3][1] != table[2][1] || records[1][2] != "1152921504606846976" || records[3][3] != "0.000000001" {
		t.Errorf("%q", records)
	}
}

// Bytes that are no text are none in any format.
func TestBytesThatAreNoText(t *testing.T) {
	row := []any{Day(0), "a\xffb", int64(1), 1.0, true}
	for f, want := range map[Format]string{CSV: "a\uFFFDb", JSON: `a\ufffdb`, NDJSON: `a\ufffdb`} {
		if got := string(written(t, f, [][]any{row})); !utf8.ValidString(got) || !strings.Contains(got, want) {
			t.Errorf("%s: %q", f, got)
		}
	}
	if row[1] != "a\xffb" {
		t.Errorf("the row became %q", row)
	}
	written(t, Parquet, [][]any{row})
}

func TestJSON(t *testing.T) {
	var rows []map[string]any
	if err := json.Unmarshal(written(t, JSON, table), &rows); err != nil || len(rows) != 3 || rows[0]["date"] != "2024-10-04" || rows[1]["name"] != nil {
		t.Errorf("%v, %v", rows, err)
	}
	if got := string(written(t, JSON, nil)); got != "[]\n" {
		t.Errorf("no rows: %q", got)
	}
	lines := strings.Split(strings.TrimSuffix(string(written(t, NDJSON, table)), "\n"), "\n")
	if len(lines) != 3 || lines[1] != `{"date":"1970-01-01","name":null,"total":null,"part":null,"whole":false}` {
		t.Errorf("%q", lines)
	}
	if got := string(written(t, NDJSON, nil)); got != "" {
		t.Errorf("no rows: %q", got)
	}
}

// TestColumnarFormats reads back what was written, of more rows than a batch.
func TestColumnarFormats(t *testing.T) {
	rows := make([][]any, batch+10)
	for i := range rows {
		rows[i] = table[i%3]
	}
	in, err := ipc.NewFileReader(bytes.NewReader(written(t, Arrow, rows)))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range in.NumRecords() {
		rec, err := in.RecordBatch(i)
		if err != nil {
			t.Fatal(err)
		}
		n += int(rec.NumRows())
		if i == 0 {
			names := rec.Column(1).(*array.String)
			if names.Value(0) != "numpy" || !names.IsNull(1) || rec.Column(2).(*array.Int64).Value(0) != 1<<60 || rec.Column(0).(*array.Date32).Value(2) != 20001 {
				t.Errorf("%v", rec)
			}
		}
	}
	if n != len(rows) {
		t.Errorf("Arrow has %d rows", n)
	}
	pq, err := file.NewParquetReader(bytes.NewReader(written(t, Parquet, rows)))
	if err != nil {
		t.Fatal(err)
	}
	reader, err := pqarrow.NewFileReader(pq, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	all, err := reader.ReadTable(context.Background())
	if err != nil || all.NumRows() != int64(len(rows)) || all.NumCols() != 5 {
		t.Errorf("Parquet: %v, %v", all, err)
	}
}
