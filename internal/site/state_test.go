package site

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"clickql/internal/render"
)

// fixture reads cases that the browser's code is held to as well.
func fixture(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func TestAddressIsState(t *testing.T) {
	var cases []struct {
		Query, Every, Address, More string
		Range, Filter               json.RawMessage
	}
	fixture(t, "state.json", &cases)
	today := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for _, c := range cases {
		q, err := url.ParseQuery(c.Query)
		if err != nil {
			t.Fatal(err)
		}
		s := readState(q)
		if got := s.every(today); got != c.Every {
			t.Errorf("%s: interval %s, want %s", c.Query, got, c.Every)
		}
		var r any
		if got := s.dateRange(); got != nil {
			r = got
		}
		same(t, c.Query+": range", r, c.Range)
		same(t, c.Query+": filter", s.filter(), c.Filter)
		if got := s.query().Encode(); got != strings.ReplaceAll(c.Address, "*", "%2A") && got != c.Address {
			t.Errorf("%s: address %s, want %s", c.Query, got, c.Address)
		}
		if got := s.more(); got != "" && got.Parameter() != c.More || got == "" && c.More != "" {
			t.Errorf("%s: split by %q, want %q", c.Query, got, c.More)
		}
	}
}

// same compares a value's JSON with what is wanted.
func same(t *testing.T, what string, got any, want json.RawMessage) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(text, &a) != nil || json.Unmarshal(want, &b) != nil {
		t.Fatal("no JSON")
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("%s is %s, want %s", what, x, y)
	}
}

func TestWhatIsNotUnderstoodIsTold(t *testing.T) {
	for query, want := range map[string]string{
		"last=soon":       `last is "soon"`,
		"interval=hour":   `interval is "hour"`,
		"from=2026-02-30": `"2026-02-30" is no day`,
		"last=90d":        "",
	} {
		q, _ := url.ParseQuery(query)
		if got := readState(q).problem; want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestFormats(t *testing.T) {
	var cases struct {
		Count, Exact, Share, Change, Points, ChangeClass, Day [][2]any
		Bucket                                                [][3]string
	}
	fixture(t, "format.json", &cases)
	optional := func(v any) *float64 {
		if v == nil {
			return nil
		}
		f := v.(float64)
		return &f
	}
	check := func(name string, cases [][2]any, format func(any) string) {
		for _, c := range cases {
			if got := format(c[0]); got != c[1] {
				t.Errorf("%s(%v) = %q, want %q", name, c[0], got, c[1])
			}
		}
	}
	check("count", cases.Count, func(v any) string { return countText(int64(v.(float64))) })
	check("exact", cases.Exact, func(v any) string { return exactText(int64(v.(float64))) })
	check("share", cases.Share, func(v any) string { return render.Percent(v.(float64)) })
	check("change", cases.Change, func(v any) string { return changeText(optional(v)) })
	check("points", cases.Points, func(v any) string { return pointsText(v.(float64)) })
	check("changeClass", cases.ChangeClass, func(v any) string { return changeClass(optional(v)) })
	check("day", cases.Day, func(v any) string { return dayText(v.(string)) })
	for _, c := range cases.Bucket {
		if got := bucketText(c[0], c[1]); got != c[2] {
			t.Errorf("bucket(%s, %s) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// TestWhatIsNotLoadedHasNoNumber: of an interval without any loaded day, or with some
// days lost and no download on the others, no number is shown; a true zero is.
func TestWhatIsNotLoadedHasNoNumber(t *testing.T) {
	s := &series{
		Dates: []string{"2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"}, Totals: []int64{0, 0, 5, 0},
		Complete: []bool{true, false, false, false}, Missing: []string{"2026-11-10", "2026-11-17"},
	}
	for i, want := range []string{"week of 2 Nov 2026: 0", "week of 9 Nov 2026 (not loaded): –", "week of 16 Nov 2026 (incomplete): 5", "week of 23 Nov 2026 (incomplete): 0"} {
		if got := s.named(i, "WEEK") + ": " + s.number(i, "WEEK").Text; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
