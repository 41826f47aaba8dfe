package find

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
)

// Finder finds files of a kind, and asks the ledger about them.
type Finder struct {
	s       *session.Session
	cfg     config.Config
	Ledger  ledger.Ledger
	kind    ledger.Kind
	Sources export.Sources
	partial atomic.Bool // a listing was narrowed
}

// New has listed nothing yet.
func New(s *session.Session, cfg config.Config, kind ledger.Kind) *Finder {
	return &Finder{s: s, cfg: cfg, Ledger: ledger.Of(s), kind: kind, Sources: cfg.AllSources(s)}
}

// Partial reports that a listing was narrowed to what can be new.
func (f *Finder) Partial() bool { return f.partial.Load() }

// listings bounds the sources that are listed side by side: a list on standard input
// may name thousands.
const listings = 8

// List expands all sources; an object that is named twice is one. What cannot
// be listed is reported for all sources together, before anything is loaded.
func (f *Finder) List(ctx context.Context, sources []string) ([]export.Object, error) {
	found, errs := make([][]export.Object, len(sources)), make([]error, len(sources))
	var g errgroup.Group
	g.SetLimit(listings)
	for i, pattern := range sources {
		g.Go(func() error {
			found[i], errs[i] = f.listNew(ctx, f.Sources.Of(pattern), pattern)
			return nil
		})
	}
	_ = g.Wait() // the errors are told together
	byName := map[string]export.Object{}
	for _, objects := range found {
		for _, o := range objects {
			if _, seen := byName[o.Name]; !seen {
				byName[o.Name] = o
			}
		}
	}
	objects := slices.SortedFunc(maps.Values(byName), func(a, b export.Object) int { return strings.Compare(a.Name, b.Name) })
	if err := errors.Join(errs...); err != nil {
		return objects, err
	}
	return f.notOthers(ctx, objects)
}

// notOthers leaves out what the ledgers of other shards hold as loaded.
func (f *Finder) notOthers(ctx context.Context, objects []export.Object) ([]export.Object, error) {
	for _, cfg := range f.cfg.Others {
		other := New(cfg.Session(), cfg, f.kind)
		var own []export.Object
		for chunk := range slices.Chunk(objects, askedChunk) {
			loaded, err := other.LoadedGenerations(ctx, chunk)
			if err != nil {
				return nil, cfg.OfShard(err)
			}
			own = append(own, slices.DeleteFunc(slices.Clone(chunk), func(o export.Object) bool { _, has := loaded[o.Name]; return has })...)
		}
		objects = own
	}
	return objects, nil
}

// LedgerChunk bounds the objects of which the ledger is asked, and that are then
// looked into, at a time; askedChunk bounds those that are only asked for.
const (
	LedgerChunk = 5000
	askedChunk  = 100_000
)

// listBytes bounds the names that one parameter lists: over HTTP servers take
// 128 KiB, and a byte may be escaped.
const listBytes = 60_000

// About is the condition that chooses the ledger's lines of some objects: by name
// where they are few, and otherwise by the range that they lie in, with whatever
// else of the ledger lies there.
func (f *Finder) About(objects []export.Object) (condition string, params map[string]any) {
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

// LoadedGenerations asks the ledger at which generation each object was loaded.
// Recovery has run, so every batch is either done or failed.
func (f *Finder) LoadedGenerations(ctx context.Context, objects []export.Object) (map[string]string, error) {
	condition, params := f.About(objects)
	lines, err := session.Structs[ledger.File](ctx, f.s, session.Statement{SQL: "SELECT name, generation FROM " + f.Ledger.InForce(condition), Params: params})
	if session.Gone(err) {
		err = nil // nothing has ever been loaded
	}
	loaded := make(map[string]string, len(lines))
	for _, l := range lines {
		loaded[l.Name] = l.Generation
	}
	return loaded, session.Wrap(err, "ask the ledger which files are loaded")
}

// Footers reads the footers of the objects, by source.
func (f *Finder) Footers(ctx context.Context, objects []export.Object) ([]export.File, []export.Failure, error) {
	var files []export.File
	var failures []export.Failure
	var readable []export.Object
	for _, o := range objects {
		if reason := cmp.Or(export.Unreadable(o.Name), o.Fault); reason != "" {
			failures = append(failures, export.Failure{Object: o, Reason: reason})
			continue
		}
		readable = append(readable, o)
	}
	for src, of := range f.Sources.BySource(readable) {
		good, bad, err := export.ReadFooters(ctx, f.s, src, export.FeedOf(f.kind, ""), of)
		if err != nil {
			return nil, nil, err
		}
		files, failures = append(files, good...), append(failures, bad...)
	}
	slices.SortFunc(files, func(a, b export.File) int { return strings.Compare(a.Name, b.Name) })
	return files, failures, nil
}

// stampDigits is the length of a day's Unix time, with which the objects of a
// daily export begin: ten digits from 2001 to 2286, so that names sort by time.
const stampDigits = 10

// listNew is List, or, where Config.LookBack says so and the pattern's objects
// are named by days, a listing of those that can be new: from the newest loaded
// day less LookBack on. Objects of other names, such as a bulk export's, are
// found by whole listings only.
func (f *Finder) listNew(ctx context.Context, src export.Source, pattern string) ([]export.Object, error) {
	ranger, ok := src.(export.RangeLister)
	if f.cfg.LookBack <= 0 || !ok {
		return src.List(ctx, pattern)
	}
	folder, ok := stampFolder(pattern)
	if !ok {
		return src.List(ctx, pattern)
	}
	newest, err := f.newestStamp(ctx, folder)
	switch {
	case err != nil:
		return nil, err
	case newest == 0:
		return src.List(ctx, pattern)
	}
	from := time.Unix(newest, 0).Add(-f.cfg.LookBack).Unix()
	f.partial.Store(true)
	// ':' follows the digits.
	return ranger.ListRange(ctx, pattern, folder+fmt.Sprintf("%0*d", stampDigits, max(from, 0)), folder+":")
}

// stampFolder is what stands before the day in the names of a pattern: all up to
// the last slash, where that is no pattern itself.
func stampFolder(pattern string) (string, bool) {
	dir, base := path.Split(pattern)
	if strings.ContainsAny(dir, "*?{") || !strings.ContainsAny(base, "*?{") || strings.Contains(base, "**") {
		return "", false
	}
	return dir, true
}

// newestStamp is the greatest day, as Unix time, that begins the name of a
// loaded object directly in a folder; 0 without any.
func (f *Finder) newestStamp(ctx context.Context, folder string) (int64, error) {
	newest, err := f.s.Texts(ctx, session.SQL(`SELECT name FROM `+f.Ledger.Table(ledger.Files)+`
			WHERE kind = {kind:String} AND name >= concat({folder:String}, '0') AND name < concat({folder:String}, ':') AND outcome = 'planned'
				AND match(substring(name, length({folder:String}) + 1), {stamp:String}) AND batch IN
				`+f.Ledger.Done()+`
			ORDER BY name DESC LIMIT 1`,
		"kind", string(f.kind), "folder", folder, "stamp", fmt.Sprintf(`^[0-9]{%d}-[^/]*$`, stampDigits)))
	if err != nil || len(newest) == 0 {
		return 0, session.Wrap(err, "ask the ledger for the newest day loaded from %s", folder)
	}
	return strconv.ParseInt(newest[0][len(folder):len(folder)+stampDigits], 10, 64)
}
