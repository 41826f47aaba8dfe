package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// choose lists what the sources name and leaves out what is loaded, changed or
// unreadable.
func (r *run) choose(ctx context.Context, sources []string) ([]file, error) {
	r.cfg.Progress.phase("listing files")
	objects, err := r.list(ctx, sources)
	if err != nil {
		return nil, err
	}
	r.sum.Listed = len(objects)
	fresh, err := r.unloaded(ctx, objects)
	if err != nil {
		return nil, err
	}
	r.cfg.Progress.phase("reading footers")
	files, failures, err := r.footers(ctx, fresh)
	if err != nil {
		return nil, err
	}
	var rows uint64
	var bytes int64
	for _, f := range files {
		rows, bytes = rows+f.Rows, bytes+f.Size
	}
	r.cfg.Progress.begin(len(files)+len(failures), rows, bytes)
	for _, f := range failures {
		if err := r.failFile(ctx, f, 0); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// list expands all sources; an object that is named twice is one. What cannot
// be listed is reported for all sources together, before anything is loaded.
func (r *run) list(ctx context.Context, sources []string) ([]Object, error) {
	seen := map[string]bool{}
	var objects []Object
	var errs []error
	for _, pattern := range sources {
		found, err := r.listNew(ctx, r.cfg.sourceOf(r.s)(pattern), pattern)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, o := range found {
			if !seen[o.Name] {
				seen[o.Name] = true
				objects = append(objects, o)
			}
		}
	}
	sort.Slice(objects, func(i, j int) bool { return objects[i].Name < objects[j].Name })
	return objects, errors.Join(errs...)
}

// ledgerChunk bounds the objects of which the ledger is asked, and that are then
// looked into, at a time; askedChunk bounds those that are only asked for.
const (
	ledgerChunk = 5000
	askedChunk  = 100_000
)

// listBytes bounds the names that one parameter lists: over HTTP servers take
// 128 KiB, and a byte may be escaped.
const listBytes = 60_000

// about is the condition that chooses the ledger's lines of some objects: by name
// where they are few, and otherwise by the range that they lie in, with whatever
// else of the ledger lies there.
func (r *run) about(objects []Object) (condition string, params map[string]any) {
	names, bytes := make([]string, len(objects)), 0
	for i, o := range objects {
		names[i], bytes = o.Name, bytes+len(o.Name)
	}
	params = map[string]any{"kind": string(r.kind), "first": slices.Min(names), "last": slices.Max(names)}
	if condition = "kind = {kind:String} AND name >= {first:String} AND name <= {last:String}"; bytes > listBytes {
		return condition, params
	}
	params["names"] = names
	return condition + " AND name IN ({names:Array(String)})", params
}

// unloaded leaves out the objects that are in the tables, and notes those that
// are there at another generation.
func (r *run) unloaded(ctx context.Context, objects []Object) ([]Object, error) {
	var fresh []Object
	for len(objects) > 0 {
		n := min(len(objects), askedChunk)
		loaded, err := r.loadedGenerations(ctx, objects[:n])
		if err != nil {
			return nil, err
		}
		failed, err := r.failuresOf(ctx, objects[:n])
		if err != nil {
			return nil, err
		}
		for _, o := range objects[:n] {
			switch generation, known := loaded[o.Name]; {
			case !known:
				if r.isDue(o, failed[o.Name]) {
					fresh = append(fresh, o)
				}
			case generation == o.Generation:
				r.sum.Already++
			default:
				r.sum.Changed = append(r.sum.Changed, Change{o, generation})
			}
		}
		objects = objects[n:]
	}
	return fresh, nil
}

// isDue tells whether an object that is not loaded is to be tried now, and notes
// it where not. What failed with other content is forgotten.
func (r *run) isDue(o Object, f failures) bool {
	if f.generation != o.Generation {
		return true
	}
	switch r.cfg.judgeFailures(o.Name, f, r.cfg.Now()) {
	case tryLater:
		r.sum.Waiting++
		return false
	case setAside:
		r.sum.SetAside = append(r.sum.SetAside, Failure{o, f.reason})
		return false
	default:
		return true
	}
}

// loadedGenerations asks the ledger at which generation each object was loaded.
// Recovery has run, so every batch is either done or failed.
func (r *run) loadedGenerations(ctx context.Context, objects []Object) (map[string]string, error) {
	condition, params := r.about(objects)
	loaded := map[string]string{}
	err := r.s.each(ctx, statement{
		SQL: "SELECT name, generation FROM " + inForce(r.s.database, condition), Params: params,
	}, func(rows driver.Rows) error {
		var n, generation string
		if err := rows.Scan(&n, &generation); err != nil {
			return err
		}
		loaded[n] = generation
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ask the ledger which files are loaded: %w", err)
	}
	return loaded, nil
}

// footers reads the footers of the objects, by source.
func (r *run) footers(ctx context.Context, objects []Object) ([]file, []Failure, error) {
	var files []file
	var failures []Failure
	bySource := map[Source][]Object{}
	var order []Source
	for _, o := range objects {
		if reason := Unreadable(o.Name); reason != "" {
			failures = append(failures, Failure{o, reason})
			continue
		}
		src := r.cfg.sourceOf(r.s)(o.Name)
		if bySource[src] == nil {
			order = append(order, src)
		}
		bySource[src] = append(bySource[src], o)
	}
	f := feedOf(r.kind, "")
	for _, src := range order {
		good, bad, err := readFooters(ctx, r.s, src, f, bySource[src])
		if err != nil {
			return nil, nil, err
		}
		files, failures = append(files, good...), append(failures, bad...)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	return files, failures, nil
}
