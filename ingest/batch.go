package ingest

import "time"

// batch is the unit that becomes public together.
type batch struct {
	Name  string
	Files []file
	Rows  uint64
	Bytes int64
}

// newBatch adds its files up.
func newBatch(name string, files []file) batch {
	b := batch{Name: name, Files: files}
	for _, f := range files {
		b.Rows, b.Bytes = b.Rows+f.Rows, b.Bytes+f.Size
	}
	return b
}

// planned are the ledger's lines about its files, which belong to it.
func (b batch) planned(kind Kind, at time.Time) []fileLine {
	lines := make([]fileLine, len(b.Files))
	for i, f := range b.Files {
		lines[i] = fileLine{Kind: string(kind), Name: f.Name, Generation: f.Generation, Batch: b.Name,
			Outcome: string(filePlanned), Bytes: uint64(f.Size), Rows: f.Rows, At: at.UTC()}
	}
	return lines
}

// rejected are those about the files of which rows are not stored: how many, by
// file and reason.
func (b batch) rejected(kind Kind, rows map[string]map[string]uint64, at time.Time) (lines []fileLine) {
	for _, l := range b.planned(kind, at) {
		if l.Outcome, l.Rejected = string(fileCounted), rows[l.Name]; len(l.Rejected) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

// without is the batch's files but one, and that one's rows.
func (b batch) without(o Object) (rest []file, rows uint64) {
	for _, f := range b.Files {
		if f.Name == o.Name {
			rows = f.Rows
			continue
		}
		rest = append(rest, f)
	}
	return rest, rows
}

// limits bound a batch.
type limits struct {
	Rows  uint64
	Bytes int64
	Files int
}

// cut splits files into batches within the limits, in their order. A file above
// a limit makes a batch alone.
func cut(files []file, l limits) [][]file {
	var batches [][]file
	var rows uint64
	var bytes int64
	for _, f := range files {
		n := len(batches) - 1
		if n < 0 || rows+f.Rows > l.Rows || bytes+f.Size > l.Bytes || len(batches[n]) >= l.Files {
			batches, rows, bytes = append(batches, nil), 0, 0
			n++
		}
		batches[n] = append(batches[n], f)
		rows, bytes = rows+f.Rows, bytes+f.Size
	}
	return batches
}
