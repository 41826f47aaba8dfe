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

// file is one Parquet file of downloads to be written by one query.
type file struct {
	name     string // within file_downloads
	shape    shape
	segments []segment
	rows     int64
}

const (
	// maxFileRows bounds the rows of one file, and with them what a
	// statement's draws keep in memory and what is lost when it fails.
	maxFileRows = 2_000_000
	// maxBulkRows bounds those of a bulk file, so that there are several and
	// they can be written side by side.
	maxBulkRows = 500_000
	// maxBulkDays bounds the days of a bulk file: all of them share the mix
	// of systems and Pythons of the first.
	maxBulkDays = 31
)

// planFiles divides the rows of the days into files: the oldest third of the
// days in bulk. Days without rows have no file.
func planFiles(first day, perDay []int64) []file {
	bulkDays := len(perDay) / 3
	files := bulkFiles(first, perDay[:bulkDays])
	for i, rows := range perDay[bulkDays:] {
		d := first + day(bulkDays+i)
		for part, from := 0, int64(0); from < rows; part++ {
			to := min(rows, from+maxFileRows)
			files = append(files, file{
				name:     fmt.Sprintf("%d-%012d.parquet", d.unix(), part),
				segments: []segment{{d, from, to}},
				rows:     to - from,
			})
			from = to
		}
	}
	return files
}

// bulkFiles packs consecutive days into files of bounded size.
func bulkFiles(first day, perDay []int64) []file {
	var files []file
	var open file
	flush := func() {
		if open.rows > 0 {
			open.name = fmt.Sprintf("file_downloads-%012d.parquet", len(files))
			open.shape = flattened
			files = append(files, open)
		}
		open = file{}
	}
	for i, rows := range perDay {
		d := first + day(i)
		if len(open.segments) > 0 && (open.rows+rows > maxBulkRows || d-open.segments[0].day >= maxBulkDays) {
			flush()
		}
		for from := int64(0); from < rows; {
			to := min(rows, from+maxFileRows)
			open.segments = append(open.segments, segment{d, from, to})
			open.rows += to - from
			if from = to; from < rows {
				flush()
			}
		}
	}
	flush()
	return files
}
