package cube

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"clickql/internal/fault"
)

// download is what conditions are tested against.
type download struct{ project, version, installer string }

// holds tells whether a download is in the slice, by the meaning of its parts.
func (s Slice) holds(d download) bool {
	if s.Projects != nil && !slices.Contains(s.Projects, d.project) {
		return false
	}
	of := map[Dimension]string{Project: d.project, Version: d.version, Installer: d.installer}
	for _, c := range s.Conditions {
		if slices.Contains(c.Values, of[c.Dim]) == c.Not {
			return false
		}
	}
	return true
}

// TestNarrowIsConjunction: however conditions are stacked, the folded slice
// holds exactly what each of them holds, and its parts are in canonical form.
func TestNarrowIsConjunction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{"a", "b", "c", ""})
		s := Slice{AllTime: true}
		if rapid.Bool().Draw(t, "some projects") {
			s = s.Narrow(Condition{Dim: Project, Values: rapid.SliceOf(value).Draw(t, "projects")})
		}
		conds := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Condition {
			return Condition{
				Dim:    rapid.SampledFrom([]Dimension{Project, Version, Installer}).Draw(t, "dim"),
				Not:    rapid.Bool().Draw(t, "not"),
				Values: rapid.SliceOf(value).Draw(t, "values"),
			}
		}), 0, 5).Draw(t, "conditions")
		folded := s
		for _, c := range conds {
			folded = folded.Narrow(c)
		}
		reversed := s
		for _, c := range slices.Backward(conds) {
			reversed = reversed.Narrow(c)
		}
		if folded.Key() != reversed.Key() {
			t.Fatalf("the order of conditions shows in the key: %+v, %+v", folded, reversed)
		}
		for _, p := range []string{"a", "b", "c", ""} {
			for _, v := range []string{"a", "b", "c", "d"} {
				d := download{p, v, v}
				want := s.holds(d)
				for _, c := range conds {
					want = want && (Slice{Conditions: []Condition{c}}).holds(d)
				}
				if got := folded.holds(d) && !folded.Impossible(); got != want {
					t.Fatalf("%+v in %+v: got %v, want %v", d, folded, got, want)
				}
			}
		}
		seen := map[Dimension]bool{}
		for _, c := range folded.Conditions {
			if seen[c.Dim] || !slices.IsSorted(c.Values) {
				t.Fatalf("not canonical: %+v", folded)
			}
			seen[c.Dim] = true
		}
	})
}

// TestNarrowLeavesItsReceiver: slices share memory, so none may be written to.
func TestNarrowLeavesItsReceiver(t *testing.T) {
	base := Slice{Projects: []string{"a", "b"}, AllTime: true}.With(Version, "1", "2").Without(Installer, "pip")
	before := base.Key()
	for _, d := range []Dimension{Project, Version, Installer, Country} {
		base.With(d, "1")
		base.Without(d, "2", "a")
	}
	if base.Key() != before {
		t.Errorf("the slice changed: %+v", base)
	}
}

// TestBoundsIn: what a range means for data that ends on 2024-04-01, of which
// 2024-03-30 is the newest settled day.
func TestBoundsIn(t *testing.T) {
	data := Calendar{Days: days(t, "2023-01-15", "2024-04-01"), Unsettled: []Day{day(t, "2024-03-05"), day(t, "2024-03-31"), day(t, "2024-04-01")}}
	at := func(s string) *Day { d := day(t, s); return &d }
	n := func(n int) *int { return &n }
	cases := []struct {
		name   string
		bounds Bounds
		want   string // the range, "all" or the error's code
	}{
		{"nothing", Bounds{}, "all"},
		{"both", Bounds{From: at("2024-01-01"), To: at("2024-01-31")}, "2024-01-01..2024-01-31"},
		{"one day", Bounds{From: at("2024-01-01"), To: at("2024-01-01")}, "2024-01-01..2024-01-01"},
		{"from", Bounds{From: at("2024-01-01")}, "2024-01-01..2024-04-01"},
		{"to", Bounds{To: at("2024-01-01")}, "2023-01-15..2024-01-01"},
		{"from behind the data", Bounds{From: at("2025-01-01")}, "2025-01-01..2024-04-01"},
		{"reversed", Bounds{From: at("2024-01-02"), To: at("2024-01-01")}, "BAD_USER_INPUT"},
		{"last day", Bounds{Last: n(1)}, "2024-03-30..2024-03-30"},
		{"last 30 days", Bounds{Last: n(30), Unit: Daily}, "2024-03-01..2024-03-30"},
		{"last week", Bounds{Last: n(1), Unit: Weekly}, "2024-03-24..2024-03-30"},
		{"last month", Bounds{Last: n(1), Unit: Monthly}, "2024-02-29..2024-03-30"},
		{"last quarter", Bounds{Last: n(1), Unit: Quarterly}, "2023-12-31..2024-03-30"},
		{"last two years", Bounds{Last: n(2), Unit: Yearly}, "2022-03-31..2024-03-30"},
		{"none at all", Bounds{Last: n(0)}, "BAD_USER_INPUT"},
		{"negative", Bounds{Last: n(-1)}, "BAD_USER_INPUT"},
		{"before 1970", Bounds{Last: n(60000), Unit: Yearly}, "1970-01-01..2024-03-30"},
		{"too many", Bounds{Last: n(1 << 40)}, "BAD_USER_INPUT"},
		{"last and from", Bounds{Last: n(1), From: at("2024-01-01")}, "BAD_USER_INPUT"},
		{"no interval", Bounds{Last: n(1), Unit: "FORTNIGHT"}, "BAD_USER_INPUT"},
		{"unit alone", Bounds{Unit: Monthly}, "BAD_USER_INPUT"},
		{"unit and from", Bounds{From: at("2024-01-01"), Unit: Daily}, "BAD_USER_INPUT"},
	}
	for _, c := range cases {
		s, err := c.bounds.In(Slice{AllTime: true}, data)
		got := s.Days.From.String() + ".." + s.Days.To.String()
		var wrong *fault.Error
		switch {
		case errors.As(err, &wrong):
			got = string(wrong.Code)
		case s.AllTime:
			got = "all"
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// Without a settled day there is no last one.
func TestLastOfNoSettledDay(t *testing.T) {
	n := 3
	for _, c := range []Calendar{{Days: NoDays}, {Days: Range{From: 5, To: 6}, Unsettled: []Day{5, 6}}} {
		if s, err := (Bounds{Last: &n}).In(Slice{}, c); err != nil || !s.Days.Empty() {
			t.Errorf("%v: %v, %v", c, s.Days, err)
		}
	}
}

// TestPrevious: as many days, ending the day before.
func TestPrevious(t *testing.T) {
	if _, ok := (Slice{AllTime: true}).Previous(); ok {
		t.Error("all time has a period before it")
	}
	got, ok := (Slice{AllTime: true}).On(days(t, "2024-03-01", "2024-03-31")).Previous()
	if want := days(t, "2024-01-30", "2024-02-29"); !ok || got.Days != want {
		t.Errorf("got %v, want %v", got.Days, want)
	}
}

// TestBucketsPartitionDays: every day of a range falls into exactly one bucket,
// buckets begin where the calendar says, and only the first may begin early.
func TestBucketsPartitionDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := Day(rapid.IntRange(0, 60000).Draw(t, "from"))
		r := Range{From: from, To: from + Day(rapid.IntRange(0, 1500).Draw(t, "days"))}
		every := rapid.SampledFrom(Intervals).Draw(t, "interval")
		b := Buckets(r, every)
		if len(b) == 0 || b[0] > r.From || b[len(b)-1] > r.To || len(b) > 1 && b[1] <= r.From {
			t.Fatalf("%v by %s: %v", r, every, b)
		}
		for i, d := range b {
			y, m, dom := d.Time().Date()
			ok := map[Interval]bool{
				Daily: true, Weekly: d.Time().Weekday() == 1, Monthly: dom == 1,
				Quarterly: dom == 1 && m%3 == 1, Yearly: dom == 1 && m == 1,
			}[every]
			if !ok || i > 0 && b[i-1] >= d || y == 0 {
				t.Fatalf("%v by %s: bucket %d is %s", r, every, i, d)
			}
			longest := map[Interval]Day{Daily: 1, Weekly: 7, Monthly: 31, Quarterly: 92, Yearly: 366}[every]
			if i > 0 && d-b[i-1] > longest {
				t.Fatalf("%v by %s: a bucket is missing before %s", r, every, d)
			}
		}
	})
}

// day reads a day that the test knows to be one.
func day(t *testing.T, text string) Day {
	t.Helper()
	d, err := ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func days(t *testing.T, from, to string) Range {
	t.Helper()
	return Range{From: day(t, from), To: day(t, to)}
}
