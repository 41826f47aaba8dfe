package ddl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"clickql/internal/cube"
)

// tableName is what the name of an aggregate may look like: it needs no quoting,
// and leaves room for its view's suffix.
var tableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,180}$`)

// Aggregate is a table, of those that this package does not list, that counts
// downloads by a sorting key of columns of the raw table, with date or month for
// the time.
func Aggregate(name string, key ...string) (Table, error) {
	if !tableName.MatchString(name) {
		return Table{}, fmt.Errorf("describe the aggregate %q: its name must be letters, digits and underscores, a letter first", name)
	}
	if len(key) == 0 {
		return Table{}, fmt.Errorf("describe the aggregate %s: it has no key; name columns such as project,date,ci", name)
	}
	for i, k := range key {
		switch {
		case slices.Contains(key[:i], k):
			return Table{}, fmt.Errorf("describe the aggregate %s: its key names %s twice", name, k)
		case !slices.Contains(KeyColumns(), k):
			return Table{}, fmt.Errorf("describe the aggregate %s: %q is no column to count by; these are: %s", name, k, strings.Join(KeyColumns(), ", "))
		}
	}
	if slices.Contains(key, "date") && slices.Contains(key, "month") {
		return Table{}, fmt.Errorf("describe the aggregate %s: its key has date and month; date alone tells the month too", name)
	}
	return wide(name, key...), nil
}

// KeyColumns lists what downloads can be counted by.
func KeyColumns() []string {
	names := []string{"month"}
	for _, c := range downloadColumns() {
		names = append(names, c.Name)
	}
	return names
}

// AggregateName is the name that a table with the key has here:
// pypi_downloads_per_day_by_version_by_country for project, version, date and
// country_code; without the project it begins with pypi_total.
func AggregateName(key ...string) string {
	name := "pypi_downloads"
	if !slices.Contains(key, "project") {
		name = "pypi_total"
	}
	switch {
	case slices.Contains(key, "date"):
		name += "_per_day"
	case slices.Contains(key, "month"):
		name += "_per_month"
	}
	last := []string{} // ClickPy's names end with the country
	for _, d := range cube.OfProject {
		if !slices.Contains(key, d.Column()) {
			continue
		}
		if word := "_by_" + d.Word(); d == cube.Country {
			last = append(last, word)
		} else {
			name += word
		}
	}
	if slices.Contains(key, "filename") {
		name += "_by_filename"
	}
	return name + strings.Join(last, "")
}
