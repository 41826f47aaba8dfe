package projects_test

import (
	"strconv"
	"testing"
	"time"

	"clickql/internal/cube"
	"clickql/internal/projects"
)

// Of twenty versions that have 1 to 20 downloads a day of each file, the lower
// quartile is 6, and lies between the second and the tenth in 95 of 100 cases. A
// version that came in the range tells nothing, and its files count since then.
func TestFloorOf(t *testing.T) {
	days := cube.Range{From: 20000, To: 20009}
	var releases projects.Releases
	for i := range 20 {
		releases = append(releases, projects.Release{Version: strconv.Itoa(i + 1), Uploaded: cube.Day(20000 - 365 - i).Time().Add(time.Hour), Files: 3})
	}
	releases = append(releases, projects.Release{Version: "21", Uploaded: cube.Day(20008).Time(), Files: 5}, projects.Release{Version: "22", Uploaded: cube.Day(20010).Time(), Files: 7})
	downloads := func(version string) int64 {
		n, err := strconv.ParseInt(version, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n * 3 * 10
	}
	got, known := projects.FloorOf(days, releases, downloads)
	if want := (projects.Floor{PerFile: 6, Low: 2, High: 10, FileDays: 20*3*10 + 5*2, Dead: 20}); !known || got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, known := projects.FloorOf(days, releases[13:], downloads); known {
		t.Errorf("seven dead versions tell %+v", got)
	}
	if got, known := projects.FloorOf(days, releases[12:], downloads); !known || got.Dead != 8 || got.Low != 0 {
		t.Errorf("eight dead versions tell %+v", got)
	}
	if got, known := projects.FloorOf(cube.NoDays, releases, downloads); known {
		t.Errorf("no days tell %+v", got)
	}
}
