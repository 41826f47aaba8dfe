package main

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"clickql/internal/ddl"
)

// reportGrowth writes what was measured at each size.
func (b *bench) reportGrowth(sizes []scaled) {
	r := &b.report
	columns := []string{"part"}
	var downloads []float64
	for _, s := range sizes {
		downloads = append(downloads, s.Downloads)
		columns = append(columns, "rows read, "+whole(s.Downloads))
	}
	columns = append(columns, "grows by")
	for _, s := range sizes {
		columns = append(columns, "ms, "+whole(s.Downloads))
	}
	var lines [][]string
	for i, first := range sizes[0].Costs {
		line, times, rows := []string{first.Part}, []string{}, []float64{}
		for _, s := range sizes {
			c := s.Costs[i]
			rows, line, times = append(rows, c.Rows), append(line, whole(c.Rows)), append(times, millis(1000*c.Seconds))
		}
		lines = append(lines, append(append(line, power(growth(downloads, rows))), times...))
	}
	busy := []string{"the machine's load average meanwhile"}
	for range sizes {
		busy = append(busy, none)
	}
	busy = append(busy, none)
	for _, s := range sizes {
		busy = append(busy, fmt.Sprintf("%.1f", s.Busy))
	}
	lines = append(lines, busy)
	r.heading(2, "What each part costs")
	r.para("Rows are those that the server reads, for queries and for mutations; they do not depend on the machine. The power of the downloads by which they grow is the slope of the "+
		"line through the sizes, by logarithms: 0 does not grow, 1 grows like the downloads. One database grows from size to size; %d projects and %d days are the same at each. Times are medians, "+
		"of one turn for starts, loads and repairs; the gateway keeps no answers.", b.projects, b.days)
	r.table(columns, lines)
	lines = nil
	for _, name := range tableNames(countingTables()) {
		line, rows := []string{"`" + name + "`"}, []float64{}
		for _, s := range sizes {
			rows = append(rows, float64(s.Tables[name].Rows))
			line = append(line, whole(float64(s.Tables[name].Rows)))
		}
		lines = append(lines, append(line, power(growth(downloads, rows)), fmt.Sprintf("%.1f", sizes[len(sizes)-1].Tables[name].row())))
	}
	columns = []string{"table"}
	for _, s := range sizes {
		columns = append(columns, "rows, "+whole(s.Downloads))
	}
	r.para("%s", strings.Join([]string{
		"What grows, and why: a start compares each table with the raw one, by all of its rows up to a bound of the raw table's and by those of some projects beyond it.",
		"Ranks and the top list read a row for each project and day asked for, of which there are more until every project is downloaded every day.",
		"A load reads what it brings, and what has been merged of the partitions that it comes into since the last load: that a move has happened is told by their totals, which are kept by the parts' contents. After everything was merged that is a year of each table of days, once.",
		"A repair reads the day in each table of days, and the smallest of them that the tables without days are computed from.",
		"A look at what is new reads parts' names alone.",
	}, " "))
	r.heading(2, "How the tables grow")
	r.table(append(columns, "grows by", "bytes a row"), lines)
}

// reportSeries writes what one project's series takes, as loads leave the tables and
// when they are merged.
func (b *bench) reportSeries(sizes []scaled) {
	r := &b.report
	r.heading(2, "One project's series of 90 days")
	r.para("Of %d projects, the most downloaded first, of `%s`. A database of the first size, merged, takes turns with each, one client each, so that other load on the machine slows down both; "+
		"the ratio to it is the median over the turns. A part that holds any of the days costs a granule. "+
		"Loads leave parts that the server is still merging, on the same cores; merged is what a partition comes to once nothing is loaded into it.", variants, seriesTable)
	var lines [][]string
	for _, state := range []struct {
		name string
		of   func(scaled) seriesCost
	}{{"as the loads left it", func(s scaled) seriesCost { return s.Fresh }}, {"merged", func(s scaled) seriesCost { return s.Merged }}} {
		for i, s := range sizes {
			c, before := state.of(s), none
			if i > 0 {
				before = ratio(c.Against / state.of(sizes[i-1]).Against)
			}
			lines = append(lines, []string{whole(s.Downloads) + " downloads, " + state.name, whole(c.Parts), whole(c.Rows), millis(c.Millis), ratio(c.Against), before})
		}
	}
	r.table([]string{"", "parts of the table", "rows read", "ms", "against the first size", "against the size before"}, lines)
}

// power writes an exponent.
func power(x float64) string { return fmt.Sprintf("%.2f", x) }

// history is PyPI's, as far as it is computed for: its size, how much of it has
// projects that began later, and what is downloaded in a day now.
type history struct {
	downloads, projects, days, daily float64
}

// wholeHistory is that of all downloads that BigQuery has: 2,214,017,475,506 in
// ClickPy's table in January 2026 (clickhouse.com/blog/clickpy-2-trillion-rows), and
// one trillion in August 2024 (clickhouse.com/blog/clickpy-one-trillion-rows), which
// makes 2.4 billion a day between the two, and some 3.5 billion at the growth of that
// time by the end of 2026; about 700,000 projects on PyPI's own front page.
func wholeHistory() history {
	return history{downloads: 2.2e12, projects: 700_000, days: 3650, daily: 3.5e9}
}

// The machine that is reckoned with, AWS's i4i.8xlarge (32 processors, 256 GiB, two
// disks of 3,750 GB), and its price on demand in us-east-1 in 2025, 2.746 dollars an
// hour; S3's standard storage there was 0.023 dollars a GB and month.
const (
	machineName             = "i4i.8xlarge"
	machineCores, machineTB = 32.0, 7.5
	machinePrice            = 2.746 * 730 // dollars a month
	objectPrice             = 23.0        // dollars a TB and month
	fullest                 = 0.7         // of a disk, so that merges have room
)

// projectDays is how many days of projects a history has: projects began evenly.
func (h history) projectDays() float64 { return h.projects * h.days / 2 }

// rowsOf is how many rows a table has of a history. Tables of days have, for each day
// of each project, some rows that differ in the other columns: their number grows with
// a power of the downloads of such a day, which is fitted, and saturates in truth, so
// that this is an upper bound.
func (h history) rowsOf(t ddl.Table, days int, sizes []scaled) float64 {
	last := sizes[len(sizes)-1]
	rows := float64(last.Tables[t.Name].Rows)
	projects := max(float64(last.Tables["pypi_downloads"].Rows), 1)
	has := func(key string) bool { return slices.Contains(t.OrderBy, key) }
	switch {
	case has("project") && has("date"):
		var each, of []float64
		for _, s := range sizes {
			days := float64(s.Tables["pypi_downloads_per_day"].Rows)
			each, of = append(each, float64(s.Tables[t.Name].Rows)/days), append(of, s.Downloads/days)
		}
		n := h.downloads / h.projectDays()
		factor := each[len(each)-1] * math.Pow(n/of[len(of)-1], max(growth(of, each), 0))
		return min(h.projectDays()*min(factor, n), h.downloads)
	case has("month"):
		return h.projectDays() / 30.4
	case has("date"):
		return rows * h.days / float64(days)
	default:
		return rows * h.projects / projects
	}
}

// reportProjection computes what the whole history takes.
func (b *bench) reportProjection(sizes []scaled) {
	h, last, r := wholeHistory(), sizes[len(sizes)-1], &b.report
	raw := h.downloads * last.Tables[ddl.RawTable].row()
	lines := [][]string{{"`" + ddl.RawTable + "`", whole(h.downloads / 1e6), terabytes(raw)}}
	aggregates := 0.0
	for _, t := range ddl.Derived() {
		rows := h.rowsOf(t, b.days, sizes)
		bytes := rows * last.Tables[t.Name].row()
		aggregates += bytes
		lines = append(lines, []string{"`" + t.Name + "`", whole(rows / 1e6), terabytes(bytes)})
	}
	r.heading(2, "PyPI's whole history, computed")
	r.para("For %s trillion downloads ([ClickPy, January 2026](https://clickhouse.com/blog/clickpy-2-trillion-rows)) of %s projects over %s days, of which %s billion come every day now. Nothing of this was measured at that size. A table of days has rows for each day of each project "+
		"(projects began evenly over the time: %s billion such days), times a number that grows with the downloads of such a day by the power that the sizes above show; as that saturates, "+
		"these are upper bounds. Bytes are those of a row above; longer runs of equal values pack better.",
		fmt.Sprintf("%.1f", h.downloads/1e12), whole(h.projects), whole(h.days), fmt.Sprintf("%.1f", h.daily/1e9), fmt.Sprintf("%.1f", h.projectDays()/1e9))
	r.table([]string{"table", "million rows, at most", "TB, at most"}, lines)
	shards := math.Ceil((raw + aggregates) / 1e12 / (machineTB * fullest))
	served := math.Ceil(aggregates / 1e12 / (machineTB * fullest))
	fastest := slices.MaxFunc(sizes, func(a, b scaled) int { return cmp.Compare(a.LoadRate, b.LoadRate) }).LoadRate
	rate := fastest / float64(runtime.NumCPU())
	r.table([]string{"", "machines", "dollars a month"}, [][]string{
		{"all tables on local disks, one copy", whole(shards), whole(shards * machinePrice)},
		{"all tables, two copies", whole(2 * shards), whole(2 * shards * machinePrice)},
		{"aggregates on local disks in two copies, the raw table in an object store", whole(2 * served), whole(2*served*machinePrice + raw/1e12*objectPrice)},
	})
	r.para("A machine is AWS's %s, of %.0f processors with %.1f TB of local disks, at %s dollars a month (on demand, us-east-1, 2025), filled to %.0f %%; a TB in S3 is %.0f dollars. "+
		"This run loaded up to %s downloads a second on %d processors, spread over all of the days: a day's %.1f billion take %.1f hours of one such machine, and the whole history %.0f days of %.0f machines that load side by side.",
		machineName, machineCores, machineTB, whole(machinePrice), fullest*100, objectPrice,
		whole(fastest), runtime.NumCPU(), h.daily/1e9, h.daily/(rate*machineCores)/3600, math.Ceil(h.downloads/(rate*machineCores*max(shards, 1))/86400), max(shards, 1))
	r.para("%s", strings.Join([]string{
		"What a client asks about one project reads its rows only, whatever the size: each part of a table costs a mark's rows, 1,024 in the tables that keep nothing but projects and days apart, and 8,192 in the others.",
		fmt.Sprintf("What is asked about all projects, the top list and ranks, reads the days asked for in a table of days: at most %s million rows for 30 days.", whole(h.projects*30/1e6)),
		"What a load reads beside what it brings is what has been merged since the last, and a repair a year of each table of days, and the smallest table of days: see above.",
	}, " "))
}

// terabytes writes a size.
func terabytes(bytes float64) string {
	if tb := bytes / 1e12; tb >= 0.01 {
		return fmt.Sprintf("%.2f", tb)
	}
	return "0.00"
}
