package ingest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
)

// finder finds files of a kind, and asks the ledger about them.
type finder struct {
	s       *session
	cfg     Config
	ledger  ledger
	kind    Kind
	sources sources
	partial bool // a listing was narrowed
}

// newFinder has listed nothing yet.
func newFinder(s *session, cfg Config, kind Kind) *finder {
	return &finder{s: s, cfg: cfg, ledger: ledgerOf(s), kind: kind, sources: cfg.sources(s)}
}

// choose lists what the sources name and leaves out what is loaded, changed or
// unreadable, which the summary counts.
func (f *finder) choose(ctx context.Context, sum *Summary, sources []string) ([]file, []Failure, error) {
	f.cfg.Progress.phase("listing files")
	objects, err := f.list(ctx, sources)
	if err != nil {
		return nil, nil, err
	}
	sum.Listed, sum.Partial = len(objects), f.partial
	fresh, err := f.unloaded(ctx, sum, objects)
	if err != nil {
		return nil, nil, err
	}
	f.cfg.Progress.phase("reading footers")
	return f.footers(ctx, fresh)
}

// list expands all sources; an object that is named twice is one. What cannot
// be listed is reported for all sources together, before anything is loaded.
func (f *finder) list(ctx context.Context, sources []string) ([]Object, error) {
	byName := map[string]Object{}
	var errs []error
	for _, pattern := range sources {
		found, err := f.listNew(ctx, f.sources.of(pattern), pattern)
		errs = append(errs, err)
		for _, o := range found {
			if _, seen := byName[o.Name]; !seen {
				byName[o.Name] = o
			}
		}
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b Object) int { return strings.Compare(a.Name, b.Name) }), errors.Join(errs...)
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
func (f *finder) about(objects []Object) (condition string, params map[string]any) {
	names, bytes := make([]string, len(objects)), 0
	for i, o := range objects {
		names[i], bytes = o.Name, bytes+len(o.Name)
	}
	params = map[string]any{"kind": string(f.kind), "first": slices.Min(names), "last": slices.Max(names)}
	if condition = "kind = {kind:String} AND name >= {first:String} AND name <= {last:String}"; bytes > listBytes {
		return condition, params
	}
	params["names"] = names
	return condition + " AND name IN ({names:Array(String)})", params
}

// unloaded leaves out the objects that are in the tables, and notes those that
// are there at another generation.
func (f *finder) unloaded(ctx context.Context, sum *Summary, objects []Object) (fresh []Object, err error) {
	for chunk := range slices.Chunk(objects, askedChunk) {
		loaded, err := f.loadedGenerations(ctx, chunk)
		if err != nil {
			return nil, err
		}
		failed, err := f.failuresOf(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for _, o := range chunk {
			switch generation, known := loaded[o.Name]; {
			case !known:
				if f.isDue(sum, o, failed[o.Name]) {
					fresh = append(fresh, o)
				}
			case generation == o.Generation:
				sum.Already++
			default:
				sum.Changed = append(sum.Changed, Change{o, generation})
			}
		}
	}
	return fresh, nil
}

// isDue tells whether an object that is not loaded is to be tried now, and notes
// it where not. What failed with other content is forgotten.
func (f *finder) isDue(sum *Summary, o Object, past failures) bool {
	if past.Generation != o.Generation {
		return true
	}
	switch judgeFailures(f.cfg, o.Name, past, f.cfg.Now()) {
	case tryLater:
		sum.Waiting++
		return false
	case setAside:
		sum.SetAside = append(sum.SetAside, Failure{o, past.Reason})
		return false
	default:
		return true
	}
}

// loadedGenerations asks the ledger at which generation each object was loaded.
// Recovery has run, so every batch is either done or failed.
func (f *finder) loadedGenerations(ctx context.Context, objects []Object) (map[string]string, error) {
	condition, params := f.about(objects)
	lines, err := structs[fileLine](ctx, f.s, statement{SQL: "SELECT name, generation FROM " + f.ledger.inForce(condition), Params: params})
	loaded := make(map[string]string, len(lines))
	for _, l := range lines {
		loaded[l.Name] = l.Generation
	}
	return loaded, failing(err, "ask the ledger which files are loaded")
}

// footers reads the footers of the objects, by source.
func (f *finder) footers(ctx context.Context, objects []Object) ([]file, []Failure, error) {
	var files []file
	var failures []Failure
	bySource := map[Source][]Object{}
	var order []Source
	for _, o := range objects {
		if reason := Unreadable(o.Name); reason != "" {
			failures = append(failures, Failure{o, reason})
			continue
		}
		src := f.sources.of(o.Name)
		if bySource[src] == nil {
			order = append(order, src)
		}
		bySource[src] = append(bySource[src], o)
	}
	for _, src := range order {
		good, bad, err := readFooters(ctx, f.s, src, feedOf(f.kind, ""), bySource[src])
		if err != nil {
			return nil, nil, err
		}
		files, failures = append(files, good...), append(failures, bad...)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.Name, b.Name) })
	return files, failures, nil
}
