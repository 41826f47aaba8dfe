package sample

import "fmt"

// shape is the form of an export's rows.
type shape int

const (
	nested    shape = iota // structs and ci, as today
	flattened              // dotted names, no ci, as years ago
)

// segment is a range of rows of one day, counted from the day's first.
type segment struct {
	day      day
	from, to int64
}

// statement is one query: it writes one file, or one for each of its days.
type statement struct {
	shape    shape
	segments []segment
	rows     int64
	// name is the file's, within file_downloads; a statement for several
	// daily files has a pattern instead, in which the day's time stands.
	name  string
	daily bool
}

const (
	// maxFileRows bounds the rows of one file: larger days are split.
	maxFileRows = 2_000_000
	// maxJointRows bounds the rows of days that share a statement, so that
	// there are several statements to run side by side, and what the writers
	// of the daily files hold in memory.
	maxJointRows = 500_000
	// maxJointDays bounds those days: all of them have the mix of systems and
	// Pythons of the first.
	maxJointDays = 31
)

// bulkDays is the number of days, the oldest, that are exported in bulk and in
// the older shape.
func bulkDays(days int) int { return days / 3 }

// planDownloads divides the rows of the days into statements. Days without
// rows have no file.
func planDownloads(first day, perDay []int64) []statement {
	bulk := bulkDays(len(perDay))
	list := joinDays(first, perDay[:bulk])
	for i := range list {
		list[i].shape = flattened
		list[i].name = fmt.Sprintf("file_downloads-%012d.parquet", i)
	}
	daily := joinDays(first+day(bulk), perDay[bulk:])
	part := 0
	for i := range daily {
		s := &daily[i]
		begin := s.segments[0]
		if part++; begin.from == 0 {
			part = 0
		}
		s.daily = len(s.segments) > 1
		s.name = fmt.Sprintf("%d-%012d.parquet", begin.day.unix(), part)
	}
	return append(list, daily...)
}

// joinDays cuts the rows of consecutive days into statements: several small
// days to one, or several to a large day.
func joinDays(first day, perDay []int64) []statement {
	var list []statement
	var open statement
	flush := func() {
		if open.rows > 0 {
			list = append(list, open)
		}
		open = statement{}
	}
	for i, rows := range perDay {
		d := first + day(i)
		if len(open.segments) > 0 && (open.rows+rows > maxJointRows || d-open.segments[0].day >= maxJointDays) {
			flush()
		}
		for from := int64(0); from < rows; {
			to := min(rows, from+maxFileRows)
			open.segments = append(open.segments, segment{d, from, to})
			open.rows += to - from
			if rows > maxFileRows {
				flush()
			}
			from = to
		}
	}
	flush()
	return list
}

// files are the names of the files that the statement writes.
func (s statement) files() []string {
	if !s.daily {
		return []string{s.name}
	}
	var names []string
	for _, g := range s.segments {
		names = append(names, fmt.Sprintf("%d-%012d.parquet", g.day.unix(), 0))
	}
	return names
}
