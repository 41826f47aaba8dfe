package advise

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/internal/asked"
	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/query"
)

// year is the run of days of the snapshot below.
var year = cube.Range{From: 19_358, To: 19_722} // 2023

// snapshot is a raw table of a billion rows with one aggregate.
func snapshot() *catalog.Snapshot {
	s := &catalog.Snapshot{Database: "pypi", Days: year,
		Projects: catalog.NewIndex([]catalog.Entry{{Name: "boto3", Total: 1 << 24}, {Name: "rest", Total: 1_000_000_000 - 1<<24}})}
	raw := s.Proposed("pypi", []string{"project", "date", "version"}, 1_000_000_000, 10_000_000_000)
	raw.Raw, raw.Count = true, ""
	for _, d := range cube.Dimensions {
		raw.Dims[d] = true
	}
	daily := s.Proposed("pypi_downloads_per_day", []string{"project", "date"}, 10_000_000, 20_000_000)
	s.Tables = []*catalog.Table{raw, daily}
	return s
}

// counted says of every key that it has a thousand rows for each dimension and
// as many again for each day.
func counted(keys []catalog.Key) ([]catalog.KeyCount, error) {
	out := make([]catalog.KeyCount, len(keys))
	for i, k := range keys {
		rows := 1000.0
		for _, d := range k.Dims {
			if rows *= 3; d == cube.Project {
				rows *= 10
			}
		}
		if k.Grain == cube.GrainDay {
			rows *= 100
		}
		if len(k.Columns()) == 2 && k.Has(cube.Project) && k.Grain == cube.GrainDay {
			rows = 10_000_000 // as in the snapshot
		}
		out[i] = catalog.KeyCount{Rows: rows}
	}
	return out, nil
}

// logged is a log of questions, asked so many times each, as the gateway would
// keep it.
func logged(t *testing.T, snap *catalog.Snapshot, times uint64, questions ...cube.Request) asked.File {
	t.Helper()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	f := asked.File{Since: at, Until: at.AddDate(0, 1, 0), Tables: map[string]string{}}
	for _, q := range query.NewPlan(snap, questions, query.Options{}).Queries {
		shape := q.Shape()
		f.Records = append(f.Records, asked.Record{Table: q.Table, Shape: &shape, Count: times,
			Rows: times * uint64(q.EstimatedRows), Estimated: times * uint64(q.EstimatedRows), Last: "2026-04-01"})
		f.Tables[q.Table] = "2026-04-01"
	}
	return f
}

// boto3 is the project of the last n days.
func boto3(n int) cube.Slice {
	return cube.Slice{Projects: []string{"boto3"}, Days: cube.Range{From: year.To - cube.Day(n) + 1, To: year.To}}
}

// advised is the advice on a log.
func advised(t *testing.T, snap *catalog.Snapshot, log asked.File, o Options) *Report {
	t.Helper()
	if o.Limit == 0 {
		o.Limit = 5
	}
	r, err := Advise(snap, log, counted, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func keysOf(r *Report) (keys []string) {
	for _, p := range r.Proposals {
		keys = append(keys, strings.Join(p.Key, ","))
	}
	return keys
}

func TestAdvice(t *testing.T) {
	snap := snapshot()
	ci := cube.SplitOf(boto3(40), cube.CI, 3, nil)
	inGermany := cube.SplitOf(boto3(40).With(cube.Country, "DE"), cube.Python, 3, nil)
	countries := cube.SplitOf(cube.Slice{Days: boto3(40).Days}, cube.Country, 3, nil)
	installers := cube.SplitOf(cube.Slice{Projects: []string{"boto3"}, AllTime: true}, cube.Installer, 3, nil)
	for name, c := range map[string]struct {
		log  asked.File
		o    Options
		want []string
	}{
		"one project by a dimension":          {logged(t, snap, 10, ci), Options{}, []string{"project,date,ci"}},
		"a filter comes before the days":      {logged(t, snap, 10, inGermany), Options{}, []string{"project,country_code,date,python_minor"}},
		"all projects: no project in the key": {logged(t, snap, 10, countries), Options{}, []string{"date,country_code"}},
		"all time: no days in the key":        {logged(t, snap, 10, installers), Options{}, []string{"project,installer"}},
		"what saves more for each byte first": {logged(t, snap, 10, ci, countries), Options{}, []string{"date,country_code", "project,date,ci"}},
		"a limit":                             {logged(t, snap, 10, ci, countries), Options{Limit: 1}, []string{"date,country_code"}},
		"a budget that one fits into":         {logged(t, snap, 10, ci, countries), Options{Budget: 3_000_000}, []string{"date,country_code"}},
		"nothing that helps":                  {logged(t, snap, 10, cube.SeriesOf(boto3(40), cube.Daily)), Options{}, nil},
	} {
		r := advised(t, snap, c.log, c.o)
		if got := keysOf(r); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		again := advised(t, snap, c.log, c.o)
		if a, b := text(t, r), text(t, again); a != b {
			t.Errorf("%s: advice differs from one time to the next\n%s\n%s", name, a, b)
		}
		var sum float64
		for _, p := range r.Proposals {
			sum += p.Share
			if p.RowsSaved == 0 || p.Statements == 0 || len(p.DDL) != 2 || p.Bytes == 0 {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if sum > 1 {
			t.Errorf("%s: saves %.2f of all", name, sum)
		}
	}
}

func text(t *testing.T, r *Report) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAdviceTaken asks again with what was proposed in place: there is nothing
// left to save.
func TestAdviceTaken(t *testing.T) {
	snap := snapshot()
	log := logged(t, snap, 10, cube.SplitOf(boto3(40), cube.CI, 3, nil))
	p := advised(t, snap, log, Options{}).Proposals[0]
	if r := advised(t, snap.With(snap.Proposed(p.Name, p.Key, p.Rows, p.Bytes)), log, Options{}); len(r.Proposals) > 0 {
		t.Errorf("proposed again: %v", keysOf(r))
	}
}

// TestRefusedQuestionsCount weighs what was never read.
func TestRefusedQuestionsCount(t *testing.T) {
	snap := snapshot()
	plan := query.NewPlan(snap, []cube.Request{cube.SplitOf(boto3(40), cube.Libc, 3, nil)}, query.Options{MaxRows: 1000})
	if len(plan.Refused) != 1 {
		t.Fatalf("%+v", plan.Refused)
	}
	log := asked.File{Records: []asked.Record{{Table: plan.Refused[0].Table, Shape: &plan.Refused[0].Shape, Refused: 3}}}
	r := advised(t, snap, log, Options{})
	if got := keysOf(r); len(got) != 1 || got[0] != "project,date,libc" || r.Refused != 3 || r.RowsRead != 0 {
		t.Errorf("%v, %+v", got, r)
	}
}

func TestUnused(t *testing.T) {
	snap := snapshot()
	log := logged(t, snap, 10, cube.SplitOf(boto3(40), cube.CI, 3, nil))
	for since, want := range map[time.Duration]int{time.Hour: 1, 30 * 24 * time.Hour: 0} {
		log.Since = log.Until.Add(-since)
		r := advised(t, snap, log, Options{})
		if len(r.Unused) != 1 || r.Unused[0].Table != "pypi.pypi_downloads_per_day" || r.Unused[0].NeededBy == "" || len(r.Notes) != want {
			t.Errorf("%s: %+v, notes %q", since, r.Unused, r.Notes)
		}
	}
	feeding := Options{Readers: map[string][]string{"pypi.pypi_downloads_per_day": {"pypi.weekly_mv"}}}
	if r := advised(t, snap, log, feeding); !strings.Contains(r.Unused[0].NeededBy, "pypi.weekly_mv") {
		t.Errorf("%+v", r.Unused)
	}
	log.Tables["pypi.pypi_downloads_per_day"] = "2026-03-31"
	if r := advised(t, snap, log, Options{}); len(r.Unused) != 0 {
		t.Errorf("used lately: %+v", r.Unused)
	}
	log.Tables["pypi.pypi_downloads_per_day"] = "2026-01-31"
	if r := advised(t, snap, log, Options{}); len(r.Unused) != 1 || r.Unused[0].LastUsed != "2026-01-31" {
		t.Errorf("used long ago: %+v", r.Unused)
	}
}

func TestNothingAsked(t *testing.T) {
	elsewhere := asked.File{Records: []asked.Record{{Table: "other.pypi", Count: 1}}}
	for _, log := range []asked.File{{}, elsewhere} {
		if _, err := Advise(snapshot(), log, counted, Options{Limit: 1}); !errors.Is(err, ErrNothingAsked) {
			t.Errorf("%v", err)
		}
	}
}
