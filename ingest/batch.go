package ingest

import "strings"

// batch is the unit that becomes public together.
type batch struct {
	Name  string
	Files []file
	Rows  uint64
	Bytes int64
	// sourceOf finds the source that reads a file.
	sourceOf func(name string) Source
}

// group is the part of a batch that one statement reads: files of one source
// and one layout.
type group struct {
	Source Source
	Layout layout
	Files  []file
}

// objects lists the group's files as objects.
func (g group) objects() []Object {
	objects := make([]Object, len(g.Files))
	for i, f := range g.Files {
		objects[i] = f.Object
	}
	return objects
}

// rows is the sum of the footers.
func (g group) rows() (n uint64) {
	for _, f := range g.Files {
		n += f.Rows
	}
	return n
}

// groups splits the batch by source and layout, in the order of its files.
func (b batch) groups() []group {
	type key struct {
		source Source
		layout layout
	}
	byKey := map[key][]file{}
	var order []key
	for _, f := range b.Files {
		k := key{b.sourceOf(f.Name), f.Layout}
		if byKey[k] == nil {
			order = append(order, k)
		}
		byKey[k] = append(byKey[k], f)
	}
	var groups []group
	for _, k := range order {
		files := map[string]file{}
		for _, f := range byKey[k] {
			files[f.Name] = f
		}
		objects := group{Files: byKey[k]}.objects()
		for _, part := range k.source.Group(objects) {
			g := group{Source: k.source, Layout: k.layout}
			for _, o := range part {
				g.Files = append(g.Files, files[o.Name])
			}
			groups = append(groups, g)
		}
	}
	return groups
}

// without is the batch's files but one.
func (b batch) without(o Object) []file {
	var rest []file
	for _, f := range b.Files {
		if f.Name != o.Name {
			rest = append(rest, f)
		}
	}
	return rest
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

// join writes a list.
func join(parts []string) string { return strings.Join(parts, ", ") }
