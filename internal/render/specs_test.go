package render

import (
	"math"
	"time"

	"clickql/internal/country"
)

// day reads a day that a test names.
func day(text string) Day {
	t, err := time.Parse("2006-01-02", text)
	if err != nil {
		panic(err)
	}
	return dayOf(t)
}

// daysFrom lists n intervals from a day on.
func daysFrom(first string, every Interval, n int) []Day {
	days := []Day{day(first)}
	for len(days) < n {
		days = append(days, next(days[len(days)-1], every))
	}
	return days
}

// wave makes totals that look like downloads: growth, quiet weekends, a little
// noise, all by arithmetic.
func wave(days []Day, level, growth float64) []float64 {
	totals := make([]float64, len(days))
	for i, d := range days {
		v := level * math.Pow(1+growth, float64(d-days[0])/365)
		if w := d.Time().Weekday(); len(days) > 1 && days[1] == days[0]+1 && (w == time.Saturday || w == time.Sunday) {
			v *= .62
		}
		h := uint32(i+1)*2654435761 + uint32(level)
		h ^= h >> 15
		h *= 2246822519
		v *= 1 + .08*(float64(h>>8)/float64(1<<24)-.5)
		totals[i] = math.Trunc(v)
	}
	return totals
}

// sumOf adds up values.
func sumOf(values []float64) (n int64) {
	for _, v := range values {
		if !math.IsNaN(v) {
			n += int64(v)
		}
	}
	return n
}

// one is a series.
func one(label string, values []float64) Series {
	return Series{Label: label, Values: values, Total: sumOf(values), Rest: label == "Other"}
}

// several makes series of falling size; the last is the rest.
func several(days []Day, level float64, labels ...string) []Series {
	list := make([]Series, len(labels))
	for i, label := range labels {
		growth := .9 - .45*float64(i%4)
		list[i] = one(label, wave(days, level/math.Pow(1.45, float64(i)), growth))
	}
	return list
}

// but is a run of complete intervals, some of them not.
func but(n int, partial ...int) []bool {
	all := make([]bool, n)
	for i := range all {
		all[i] = true
	}
	for _, i := range partial {
		all[(i+n)%n] = false
	}
	return all
}

// covered is the run of days to the end of the last interval less missing days.
func covered(days []Day, every Interval, missing int) Range {
	return Range{From: days[0], To: next(days[len(days)-1], every) - 1 - Day(missing)}
}

var versions = []string{"3.11", "3.10", "3.12", "3.9", "3.8", "Other"}

// charts are the charts that golden files and the contact sheet hold.
func charts() map[string]ChartSpec {
	specs := map[string]ChartSpec{}
	for _, add := range []func(map[string]ChartSpec){singles, splits, parts} {
		add(specs)
	}
	return specs
}

// over is a chart of one series.
func over(title string, days []Day, every Interval, level float64, missing int) ChartSpec {
	c := covered(days, every, missing)
	s := ChartSpec{Title: title, Subtitle: []string{"downloads per " + unitOf[every], Span(c)}, Interval: every, Days: days, Covered: c,
		Series: []Series{one("", wave(days, level, .35))}}
	if missing > 0 {
		s.Complete = but(len(days), -1)
	}
	return s
}

// with changes a spec.
func with(s ChartSpec, change func(*ChartSpec)) ChartSpec { change(&s); return s }

func singles(specs map[string]ChartSpec) {
	days, weeks := daysFrom("2024-05-17", daily, 90), daysFrom("2023-08-14", weekly, 53)
	months, quarters := daysFrom("2021-03-01", monthly, 42), daysFrom("2016-01-01", quarterly, 34)
	years, long := daysFrom("2015-01-01", yearly, 10), daysFrom("2011-01-01", daily, 5000)
	specs["area-day"] = over("pandas", days, daily, 9e6, 0)
	specs["area-week-part"] = over("requests", weeks, weekly, 120e6, 4)
	specs["area-long"] = over("boto3", long, daily, 4e5, 0)
	specs["area-trillions"] = over("all of PyPI", months, monthly, 1.3e12, 12)
	specs["area-few"] = over("my-first-package", days, daily, 3.4, 0)
	specs["bar-month"] = with(over("numpy", months, monthly, 150e6, 12), func(s *ChartSpec) { s.Shape = Bars })
	specs["bar-quarter"] = with(over("flask", quarters, quarterly, 30e6, 0), func(s *ChartSpec) { s.Shape = Bars })
	specs["bar-year"] = with(over("django", years, yearly, 30e6, 120), func(s *ChartSpec) { s.Shape = Bars })
	specs["bar-two-partial"] = with(over("two-years", years[:2], yearly, 30e6, 120), func(s *ChartSpec) { s.Complete = but(2, 0, 1) })
	specs["area-gap"] = with(over("gappy", days, daily, 9e6, 0), func(s *ChartSpec) {
		for _, j := range []int{20, 21, 22, 60, 62} {
			s.Missing = append(s.Missing, days[j])
			s.Series[0].Values[j] = 0
		}
	})
	specs["releases"] = with(over("pandas", weeks, weekly, 60e6, 2), func(s *ChartSpec) {
		for i, v := range []string{"2.1.0", "2.1.1", "2.1.2", "2.1.3", "2.2.0", "2.2.1", "2.2.2", "3.0.0"} {
			s.Marks = append(s.Marks, Mark{Day: weeks[0] + Day(8+i*45), Label: v, Major: v[4:] == "0"})
		}
	})
	specs["log"] = with(over("langchain", weeks, weekly, 1, 0), func(s *ChartSpec) {
		s.Log = true
		s.Series[0] = one("", wave(weeks, 900, 4000))
	})
	specs["indexed"] = with(over("uv, poetry, pip", weeks, weekly, 1, 0), func(s *ChartSpec) {
		s.Shape, s.Measure = Lines, Index
		s.Subtitle = []string{"downloads per week, first week = 100", Span(s.Covered)}
		s.Series = []Series{one("uv", wave(weeks, 101, 2.2)), one("poetry", wave(weeks, 99, .2)), one("pip", wave(weeks, 100, -.1))}
	})
	specs["one"] = over("brand-new", days[:1], daily, 1234, 0)
	specs["empty"] = over("quiet", days, daily, 0, 0)
	specs["on-colour"] = with(over("pandas", days, daily, 9e6, 0), func(s *ChartSpec) { s.Background = "#fff5e0" })
	specs["transparent"] = with(over("pandas", days, daily, 9e6, 0), func(s *ChartSpec) { s.Background = Transparent })
}

func splits(specs map[string]ChartSpec) {
	days, weeks, months := daysFrom("2024-05-17", daily, 90), daysFrom("2023-08-14", weekly, 53), daysFrom("2021-03-01", monthly, 42)
	specs["stack-python"] = with(over("pandas", weeks, weekly, 1, 3), func(s *ChartSpec) {
		s.Subtitle = append(s.Subtitle, "by Python version", "Germany, France", "without mirrors")
		s.Series = several(weeks, 25e6, versions...)
	})
	specs["share-python"] = with(over("pandas", months, monthly, 1, 5), func(s *ChartSpec) {
		s.Series, s.Shape = several(months, 25e6, versions...), Share
	})
	specs["line-system"] = with(over("scipy", days, daily, 1, 0), func(s *ChartSpec) {
		s.Series, s.Shape = several(days, 4e6, "Linux", "Windows", "Darwin", "Unknown"), Lines
	})
	specs["line-ten"] = with(over("pip, uv and eight others", weeks, weekly, 1, 2), func(s *ChartSpec) {
		s.Series, s.Shape = several(weeks, 8e6, "requests", "urllib3", "charset-normalizer", "certifi", "idna", "setuptools", "typing-extensions", "packaging", "numpy", "python-dateutil"), Lines
	})
	specs["bar-version"] = with(over("polars", months, monthly, 1, 9), func(s *ChartSpec) {
		s.Shape = Bars
		s.Series = several(months, 8e6, "1.4.1", "1.4.0", "1.3.0", "1.2.1", "1.2.0", "1.1.0", "1.0.0", "0.20.31", "0.20.30", "0.20.29", "Other")
	})
	specs["stack-ten"] = with(over("ten bands", weeks, weekly, 1, 0), func(s *ChartSpec) {
		s.Series = several(weeks, 8e6, "1.4.1", "1.4.0", "1.3.0", "1.2.1", "1.2.0", "1.1.0", "1.0.0", "0.20.31", "0.20.30", "0.20.29", "Other")
	})
	specs["names"] = with(over("a-project-with-a-name-that-goes-on-and-on-until-nobody-remembers-how-it-began-or-why-it-was-chosen", days, daily, 1, 0), func(s *ChartSpec) {
		s.Series = several(days, 9000, `<script>alert("1")</script>`, "日本語のプロジェクト", "مشروع", "naïve & co", "👩‍👩‍👧‍👦 family", "Other")
	})
	for _, one := range []string{"area-day", "stack-python"} {
		specs["spark-"+one] = with(specs[one], func(s *ChartSpec) { s.Shape = Sparkline })
	}
	specs["spark-area-day"] = with(over("pandas", days, daily, 9e6, 0), func(s *ChartSpec) { s.Shape = Sparkline })
}

func parts(specs map[string]ChartSpec) {
	of := func(shape Shape, title string, labels ...string) ChartSpec {
		s := ChartSpec{Title: title, Shape: shape, Subtitle: []string{"1 Aug – 31 Oct 2026", "without mirrors"}}
		for i, l := range labels {
			s.Parts = append(s.Parts, Part{Label: l, Total: int64(9e8 / math.Pow(1.6, float64(i))), Rest: l == "Other"})
		}
		return s
	}
	specs["donut"] = of(Donut, "pandas by Python version", versions...)
	specs["donut-ten"] = of(Donut, "pandas by version", "2.3.1", "2.3.0", "2.2.3", "2.2.2", "2.2.1", "2.2.0", "2.1.4", "2.1.3", "2.1.2", "1.5.3", "Other")
	specs["ranking"] = of(Ranking, "Most downloaded projects", "boto3", "urllib3", "requests", "botocore", "typing-extensions", "certifi", "charset-normalizer", "packaging", "setuptools", "idna")
	specs["ranking-rest"] = of(Ranking, "Most downloaded projects", "boto3", "urllib3", "requests", "botocore", "Other")
	specs["ranking-rest"].Parts[4].Total = 3e10
	world := ChartSpec{Title: "pandas", Shape: Map, Subtitle: []string{"downloads by country", "1 Aug – 31 Oct 2026"}}
	for i, c := range country.All() {
		if i%9 != 4 {
			world.Parts = append(world.Parts, Part{Label: c.Name, Code: c.Code, Total: int64(math.Pow(10, 2+float64(i*7%53)/9))})
		}
	}
	specs["map"] = world
}
