package server

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clickql/internal/chtest"
)

// TestOthersReadTheFiles: ClickHouse's own readers of Arrow and Parquet find in our
// files what the CSV of the same address has.
func TestOthersReadTheFiles(t *testing.T) {
	g, db := sampled(t)
	const chart, ranking = "date Date, project String, value Nullable(String), label Nullable(String), complete Bool, total Nullable(Int64)", "position Int64, project String, total Int64"
	for i, c := range []struct{ path, columns, ending, format string }{
		{"/chart/alpha,beta%s?from=2024-03-01&to=2024-03-10", chart, ".parquet", "Parquet"},
		{"/chart/alpha%s?by=python&first=1", chart, ".parquet", "Parquet"},
		{"/chart/alpha%s?by=country&others=false", chart, ".arrow", "Arrow"},
		{"/chart%s?by=system&interval=week", chart, ".arrow", "Arrow"},
		{"/rankings%s?mirrors=false", ranking, ".parquet", "Parquet"},
	} {
		table := fmt.Sprintf("%s.taken_%d", db.Name, i)
		if err := db.Conn.Exec(t.Context(), "CREATE TABLE "+table+" ("+c.columns+") ENGINE = Memory"); err != nil {
			t.Fatal(err)
		}
		file := ask(t, "GET", g.base+fmt.Sprintf(c.path, c.ending), "")
		if file.status != http.StatusOK {
			t.Fatalf("%s: %d %s", c.path, file.status, file.body)
		}
		engineHTTP(t, "INSERT INTO "+table+" FORMAT "+c.format, file.body)
		got := rowsOf(t, engineHTTP(t, "SELECT * FROM "+table+" FORMAT CSVWithNames SETTINGS format_csv_null_representation = ''", ""))
		want := rowsOf(t, ask(t, "GET", g.base+fmt.Sprintf(c.path, ".csv"), "").body)
		if len(want) < 2 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s as %s:\n%v\nwant\n%v", c.path, c.format, got, want)
		}
	}
}

// rowsOf reads CSV.
func rowsOf(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return rows
}

// engineHTTP runs a statement over the engine's own HTTP.
func engineHTTP(t *testing.T, statement, body string) string {
	t.Helper()
	info := chtest.Engine(t).Info()
	address := "http://" + info.HTTP + "/?" + url.Values{"query": {statement}, "user": {info.User}, "password": {info.Password}}.Encode()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s (%v)", statement, resp.Status, text, err)
	}
	return string(text)
}
