package render

import (
	"math"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// day reads a day that a test names.
func day(text string) catalog.Day {
	d, err := catalog.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return d
}

// daysFrom lists n intervals from a day on.
func daysFrom(first string, every query.Interval, n int) []catalog.Day {
	days := []catalog.Day{day(first)}
	for len(days) < n {
		days = append(days, every.Next(days[len(days)-1]))
	}
	return days
}

// wave makes totals that look like downloads: growth, quiet weekends, a
// little noise, all by arithmetic.
func wave(days []catalog.Day, level, growth float64) []int64 {
	totals := make([]int64, len(days))
	for i, d := range days {
		v := level * math.Pow(1+growth, float64(d-days[0])/365)
		if w := d.Time().Weekday(); len(days) > 1 && days[1] == days[0]+1 && (w == time.Saturday || w == time.Sunday) {
			v *= .62
		}
		h := uint32(i+1)*2654435761 + uint32(level)
		h ^= h >> 15
		h *= 2246822519
		v *= 1 + .08*(float64(h>>8)/float64(1<<24)-.5)
		totals[i] = int64(v)
	}
	return totals
}

// several makes series of falling size; the last is the rest.
func several(days []catalog.Day, level float64, labels ...string) []Series {
	list := make([]Series, len(labels))
	for i, label := range labels {
		growth := .9 - .45*float64(i%4)
		list[i] = Series{Label: label, Totals: wave(days, level/math.Pow(1.45, float64(i)), growth), Rest: label == "Other"}
	}
	return list
}

// covered is the run of days to the end of the last interval less missing days.
func covered(days []catalog.Day, every query.Interval, missing int) catalog.Range {
	return catalog.Range{From: days[0], To: every.Next(days[len(days)-1]) - 1 - catalog.Day(missing)}
}

// charts are the charts that golden files hold.
func charts() map[string]ChartSpec {
	daily, weekly := daysFrom("2024-05-17", query.Daily, 90), daysFrom("2023-08-14", query.Weekly, 53)
	monthly, quarterly := daysFrom("2021-03-01", query.Monthly, 42), daysFrom("2016-01-01", query.Quarterly, 34)
	yearly, long := daysFrom("2015-01-01", query.Yearly, 10), daysFrom("2011-01-01", query.Daily, 5000)
	versions := []string{"3.11", "3.10", "3.12", "3.9", "3.8", "Other"}
	make1 := func(title string, days []catalog.Day, every query.Interval, level float64, missing int) ChartSpec {
		c := covered(days, every, missing)
		return ChartSpec{Title: title, Subtitle: Span(c, every), Interval: every, Days: days, Covered: c,
			Series: []Series{{Totals: wave(days, level, .35)}}}
	}
	with := func(s ChartSpec, change func(*ChartSpec)) ChartSpec { change(&s); return s }
	specs := map[string]ChartSpec{
		"area-day":       make1("pandas", daily, query.Daily, 9e6, 0),
		"area-week-part": make1("requests", weekly, query.Weekly, 120e6, 4),
		"area-long":      make1("boto3", long, query.Daily, 4e5, 0),
		"area-trillions": make1("everything", monthly, query.Monthly, 1.3e12, 12),
		"area-few":       make1("my-first-package", daily, query.Daily, 3.4, 0),
		"bar-month":      with(make1("numpy", monthly, query.Monthly, 150e6, 12), func(s *ChartSpec) { s.Shape = Bars }),
		"bar-quarter":    with(make1("flask", quarterly, query.Quarterly, 30e6, 0), func(s *ChartSpec) { s.Shape = Bars }),
		"bar-year":       with(make1("django", yearly, query.Yearly, 30e6, 120), func(s *ChartSpec) { s.Shape = Bars }),
		"area-gap": with(make1("gappy", daily, query.Daily, 9e6, 0), func(s *ChartSpec) {
			s.Missing = []catalog.Day{daily[20], daily[21], daily[22], daily[60], daily[62]}
			for _, j := range []int{20, 21, 22, 60, 62} {
				s.Series[0].Totals[j] = 0
			}
		}),
		"one":   make1("brand-new", daily[:1], query.Daily, 1234, 0),
		"empty": with(make1("quiet", daily, query.Daily, 0, 0), func(*ChartSpec) {}),
		"stack-python": with(make1("pandas", weekly, query.Weekly, 1, 3), func(s *ChartSpec) {
			s.Subtitle += ", by Python version"
			s.Series = several(weekly, 25e6, versions...)
		}),
		"share-python": with(make1("pandas", monthly, query.Monthly, 1, 0), func(s *ChartSpec) {
			s.Series, s.Shape = several(monthly, 25e6, versions...), Share
		}),
		"line-system": with(make1("scipy", daily, query.Daily, 1, 0), func(s *ChartSpec) {
			s.Series, s.Shape = several(daily, 4e6, "Linux", "Windows", "Darwin", "Unknown"), Lines
		}),
		"bar-version": with(make1("polars", monthly, query.Monthly, 1, 9), func(s *ChartSpec) {
			s.Shape = Bars
			s.Series = several(monthly, 8e6, "1.4.1", "1.4.0", "1.3.0", "1.2.1", "1.2.0", "1.1.0", "1.0.0", "0.20.31", "0.20.30", "0.20.29", "Other")
		}),
		"names": with(make1("a-project-with-a-name-that-goes-on-and-on-until-nobody-remembers-how-it-began-or-why-it-was-chosen", daily, query.Daily, 1, 0), func(s *ChartSpec) {
			s.Series = several(daily, 9000, `<script>alert("1")</script>`, "日本語のプロジェクト", "مشروع", "naïve & co", "👩‍👩‍👧‍👦 family", "Other")
		}),
	}
	return specs
}

// badges are the badges that golden files hold.
func badges() map[string]BadgeSpec {
	return map[string]BadgeSpec{
		"flat":        {Label: "downloads/month", Value: Count(273_000_000)},
		"square":      {Label: "downloads/week", Value: Count(61_400_000), Style: FlatSquare, Color: "green"},
		"large":       {Label: "downloads", Value: Count(8_900_000_000), Style: ForTheBadge, Color: "clickhouse"},
		"value":       {Value: "1.2M downloads", Color: "orange"},
		"unknown":     {Label: "downloads", Value: "unknown project", State: Unknown},
		"failed":      {Label: "downloads", Value: "unavailable", State: Failed},
		"bright":      {Label: "downloads/day", Value: "999", Color: "faff69"},
		"other-words": {Label: `ダウンロード & "more" <b>`, Value: "12k", Color: "2563eb", LabelColor: "#fff"},
	}
}

// messages are the messages that golden files hold.
func messages() map[string]MessageSpec {
	return map[string]MessageSpec{
		"unknown":     {Title: "pandsa", Text: "unknown project", Detail: "No downloads of a project with this name are known."},
		"unavailable": {Title: "pandas", Text: "unavailable", Detail: "The database cannot be reached at the moment.", Theme: Dark},
		"bad":         {Title: "pandas", Text: "bad request", Detail: `"fortnight" is not an interval; there are day, week, month, quarter, year. ` + "And this goes on for so long that it takes more than a line, and another one, and at the end is cut.", Theme: Light, Width: 400, Height: 200},
		"tiny":        {Title: "pandas", Text: "unknown project", Detail: "No downloads.", Theme: Light, Width: 1, Height: 1},
	}
}
