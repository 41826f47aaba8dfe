package query

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// day is a day that a test wrote down.
func day(s string) cube.Day {
	d, err := cube.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

// days is a range that a test wrote down.
func days(from, to string) cube.Range { return cube.Range{From: day(from), To: day(to)} }

// dims is a set of dimensions.
func dims(ds ...cube.Dimension) map[cube.Dimension]bool {
	out := map[cube.Dimension]bool{}
	for _, d := range ds {
		out[d] = true
	}
	return out
}

// data is the run of days of the snapshot below.
var data = days("2023-07-10", "2024-08-20")

// snapshot resembles a deployment: the raw table, a few aggregates, one whose
// key lost a column, one that began late.
func snapshot() *catalog.Snapshot {
	table := func(name string, rows uint64, grain cube.Grain, ds ...cube.Dimension) *catalog.Table {
		t := &catalog.Table{Database: "pypi", Name: name, Rows: rows, Parts: 2, LastBlock: 9, Grain: grain, Covers: data,
			Dims: dims(ds...), Count: "count", Types: map[string]string{"count": "Int64"}, Width: map[string]float64{"project": 10, "date": 2, "month": 2, "count": 8}}
		for _, d := range ds {
			t.Key = append(t.Key, d.Column())
		}
		switch grain {
		case cube.GrainDay:
			t.TimeColumn = "date"
			t.Key = append(t.Key[:1:1], append([]string{"date"}, t.Key[1:]...)...)
		case cube.GrainMonth:
			t.TimeColumn = "month"
			t.Key = append([]string{"month"}, t.Key...)
		}
		return t
	}
	raw := table("pypi", 20_000_000, cube.GrainDay, cube.Dimensions...)
	raw.Raw, raw.Count = true, ""
	byMonth := table("pypi_downloads_per_month", 35_000, cube.GrainMonth, cube.Project)
	byMonth.Types["count"] = "UInt64"
	lost := table("pypi_downloads_per_day_by_type", 2_000_000, cube.GrainDay, cube.Project)
	lost.Untrusted = dims(cube.FileType)
	late := table("pypi_downloads_per_day_by_system", 3_000_000, cube.GrainDay, cube.Project, cube.System)
	late.Covers, late.Incomplete = days("2024-03-01", "2024-08-20"), "its view was created late"
	return &catalog.Snapshot{
		Database: "pypi", Version: "1", Days: data,
		Tables: []*catalog.Table{
			raw, lost, late,
			table("pypi_downloads", 5000, cube.GrainNone, cube.Project),
			table("pypi_downloads_by_version", 43_000, cube.GrainNone, cube.Project, cube.Version),
			table("pypi_downloads_per_day", 1_400_000, cube.GrainDay, cube.Project),
			byMonth,
			table("pypi_downloads_per_day_by_version", 4_500_000, cube.GrainDay, cube.Project, cube.Version),
			table("pypi_downloads_per_day_by_version_by_country", 14_300_000, cube.GrainDay, cube.Project, cube.Version, cube.Country),
		},
		Extents:         &catalog.Extent{Database: "pypi", Name: "pypi_downloads_max_min", Min: "min_date", Max: "max_date", Rows: 5000},
		Metadata:        true,
		MetadataColumns: map[string]string{"name": "String", "summary": "String", "author": "Nullable(String)", "project_urls": "Array(String)"},
		Spellings:       map[string][]string{"numpy": {"NumPy", "Numpy"}},
		Projects: catalog.NewIndex([]catalog.Entry{{Name: "boto3", Total: 1_000_000}, {Name: "numpy", Total: 500_000},
			{Name: "small", Total: 300}, {Name: "rest", Total: 18_499_700}}),
	}
}

// all is everything, all time.
var all = cube.Slice{AllTime: true}

func project(names ...string) cube.Slice {
	return cube.Slice{Projects: append([]string{}, names...), AllTime: true}
}

// TestPlanGolden keeps plans as text: requests in, tables, reasons and SQL out.
func TestPlanGolden(t *testing.T) {
	august, edges := days("2024-08-01", "2024-08-20"), days("2024-02-10", "2024-03-05")
	months := days("2023-09-01", "2024-02-29")
	cases := map[string][]cube.Request{
		"total of a project":              {cube.TotalOf(project("boto3"))},
		"total of everything":             {cube.TotalOf(all)},
		"total of two taken together":     {cube.TotalOf(project("boto3", "numpy"))},
		"total of an explicit full range": {cube.TotalOf(project("boto3").On(days("2020-01-01", "2030-01-01")))},
		"whole months":                    {cube.TotalOf(project("boto3").On(months))},
		"months that end with the data":   {cube.SeriesOf(project("boto3").On(august), cube.Monthly)},
		"days at the edges":               {cube.TotalOf(project("boto3").On(edges))},
		"weeks":                           {cube.SeriesOf(project("boto3").On(months), cube.Weekly)},
		"total comes with the series":     {cube.TotalOf(project("boto3")), cube.SeriesOf(project("boto3"), cube.Daily)},
		"many projects, one query":        {cube.SplitOf(project("boto3"), cube.Version, 10, nil), cube.SplitOf(project("numpy"), cube.Version, 5, nil)},
		"many versions of many projects": {
			cube.SplitOf(project("boto3").With(cube.Version, "1.0"), cube.Country, 3, nil),
			cube.SplitOf(project("boto3").With(cube.Version, "1.1"), cube.Country, 3, nil),
			cube.SplitOf(project("numpy").With(cube.Version, "2.0"), cube.Country, 3, nil)},
		"a late table is passed over":  {cube.SplitOf(project("boto3").On(edges), cube.System, 3, nil)},
		"a late table serves its days": {cube.SplitOf(project("boto3").On(august), cube.System, 3, nil)},
		"a key that lost a column":     {cube.SplitOf(project("boto3"), cube.FileType, 3, nil)},
		"top projects, second page":    {cube.SplitOf(all, cube.Project, 10, &cube.Cursor{Total: 77, Value: "numpy"})},
		"splits of many projects in one scan": {
			cube.SplitOf(project("boto3").On(august), cube.Version, 10, nil), cube.SplitOf(project("boto3").On(august), cube.Country, 5, nil),
			cube.SeriesOf(project("boto3").On(august), cube.Daily), cube.TotalOf(project("boto3").On(august)),
			cube.SplitOf(project("numpy").On(august), cube.Version, 10, nil), cube.SplitOf(project("numpy").On(august), cube.Country, 5, nil)},
		"the period before, with the period": {
			cube.SplitOf(project("boto3").On(august), cube.Version, 10, nil), cube.SeriesOf(project("boto3").On(august), cube.Daily),
			cube.TotalOf(project("boto3").On(days("2024-07-12", "2024-07-31")))},
		"totals of several ranges": {
			cube.TotalOf(project("boto3").On(days("2024-08-20", "2024-08-20"))), cube.TotalOf(project("boto3").On(days("2024-08-14", "2024-08-20"))),
			cube.TotalOf(project("boto3").On(august)), cube.TotalOf(project("boto3")), cube.TotalOf(project("numpy").On(august))},
		"drill-down of one project": {
			cube.SplitOf(project("boto3").On(august), cube.Version, 5, nil).WithoutTotal().Then(cube.SplitOf(cube.Slice{}, cube.Country, 3, nil))},
		"drill-down of two projects, to days": {
			cube.SplitOf(project("boto3").On(august), cube.Version, 5, nil).Then(cube.SplitOf(cube.Slice{}, cube.Country, 3, nil).Then(cube.SeriesOf(cube.Slice{}, cube.Daily))),
			cube.SplitOf(project("numpy").On(august), cube.Version, 4, nil).Then(cube.SplitOf(cube.Slice{}, cube.Country, 6, nil).Then(cube.SeriesOf(cube.Slice{}, cube.Daily)))},
		"drill-down that is cheaper by levels": {
			cube.SplitOf(all, cube.Project, 3, nil).WithoutTotal().Then(cube.SplitOf(cube.Slice{}, cube.Version, 3, nil))},
		"exclusions":                      {cube.TotalOf(project("boto3").Without(cube.Version, "1.0", "1.1").With(cube.Country, "US", "DE"))},
		"without mirrors":                 {cube.TotalOf(project("boto3").WithoutMirrors())},
		"people":                          {cube.TotalOf(project("boto3").People())},
		"values with quotes":              {cube.TotalOf(project("boto3").With(cube.Version, `1'0\`))},
		"ci and libc":                     {cube.SplitOf(project("boto3").With(cube.CI, "true"), cube.Libc, 3, nil)},
		"raw for a small project":         {cube.SplitOf(project("small"), cube.Country, 3, nil)},
		"first and last day":              {cube.ExtentOf(project("boto3")), cube.ExtentOf(project("numpy"))},
		"first and last day in a country": {cube.ExtentOf(project("boto3").With(cube.Country, "US"))},
		"impossible and outside the data": {cube.TotalOf(project()), cube.SeriesOf(project("boto3").On(days("2020-01-01", "2020-01-02")), cube.Daily)},
	}
	for name, reqs := range cases {
		t.Run(name, func(t *testing.T) {
			golden(t, name, describePlan(NewPlan(snapshot(), reqs, Options{})))
		})
	}
}

// describePlan writes a plan down.
func describePlan(p *Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ready %d, failed %d, queries %d\n", len(p.Ready), len(p.Failed), len(p.Queries))
	for _, err := range p.Failed {
		fmt.Fprintf(&b, "\n%s: %s\n", err.Code, err.Message)
	}
	for _, q := range p.Queries {
		fmt.Fprintf(&b, "\n%s, answers %d, about %s rows\n%s\n", q.Table, len(q.Answers()), roughly(q.EstimatedRows), q.SQL)
		for _, p := range q.Params {
			fmt.Fprintf(&b, "  %s = %v\n", p.Name, p.Value)
		}
		fmt.Fprintf(&b, "as text:\n%s\n", q.Text())
		for _, r := range q.Rejected() {
			fmt.Fprintf(&b, "not %s: %s\n", r.Table, r.Reason)
		}
	}
	return b.String()
}

// golden compares with a kept file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.NewReplacer(" ", "_", ",", "").Replace(name)+".txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("plan of %q changed (-kept +now); if that is meant, run with -update:\n%s", name, diff)
	}
}

// TestPlanIsStable plans the same requests again and again: no map order may
// show.
func TestPlanIsStable(t *testing.T) {
	reqs := []cube.Request{
		cube.SplitOf(project("boto3"), cube.Version, 10, nil), cube.SplitOf(project("numpy"), cube.Version, 10, nil),
		cube.SplitOf(project("boto3"), cube.Country, 10, nil), cube.TotalOf(all), cube.SeriesOf(project("numpy"), cube.Weekly),
	}
	want := describePlan(NewPlan(snapshot(), reqs, Options{}))
	for range 50 {
		if diff := cmp.Diff(want, describePlan(NewPlan(snapshot(), reqs, Options{}))); diff != "" {
			t.Fatal(diff)
		}
	}
}

// TestRefusals: what no table covers, and what would read too much.
func TestRefusals(t *testing.T) {
	snap := snapshot()
	r := cube.SplitOf(project("boto3"), cube.Installer, 10, nil)
	p := NewPlan(snap, []cube.Request{r, cube.TotalOf(project("boto3"))}, Options{MaxRows: 100_000})
	err := p.Failed[r.Key()]
	if err == nil || err.Code != fault.CostLimit || !strings.Contains(err.Message, "(project, installer)") {
		t.Errorf("got %+v, want COST_LIMIT that names an aggregate keyed by (project, installer)", err)
	}
	if len(p.Queries) != 1 || p.Queries[0].Table != "pypi.pypi_downloads" {
		t.Errorf("the total was not planned by itself: %s", describePlan(p))
	}
	snap.Tables = snap.Tables[3:]
	p = NewPlan(snap, []cube.Request{r}, Options{})
	if err := p.Failed[r.Key()]; err == nil || err.Code != fault.Uncovered {
		t.Errorf("got %+v, want UNCOVERED", err)
	}
}

// TestRanksGolden keeps plans of ranks: those of one slice in one query.
func TestRanksGolden(t *testing.T) {
	us := all.With(cube.Country, "US")
	golden(t, "ranks of several projects", describePlan(NewPlan(snapshot(), []cube.Request{
		cube.RankOf(all, "boto3"), cube.RankOf(all, "numpy"), cube.RankOf(us, "boto3"), cube.RankOf(all.With(cube.Country, "DE"), "numpy"), cube.CountOf(all, cube.Project),
	}, Options{})))
}
