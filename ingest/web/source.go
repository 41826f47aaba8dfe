package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"clickql/ingest/export"
)

// Config says how servers are asked. Its zero value is what commands use.
type Config struct {
	// Client sends the requests; one of the system's settings by default.
	Client *http.Client
	// Netrc is the file of logins; the one that NETRC names or ~/.netrc by default.
	Netrc string
	// Wait is the time before a request that failed is sent again, which doubles with
	// each; half a second by default.
	Wait time.Duration
}

// Source is an export.Source over web servers.
type Source struct {
	cfg    Config
	client *http.Client
	logins func() map[string]login
}

var (
	_ export.Source      = (*Source)(nil)
	_ export.RangeLister = (*Source)(nil)
)

// New prepares a source; it reads and connects to nothing before it is used.
func New(cfg Config) *Source {
	cfg.Netrc = cmp.Or(cfg.Netrc, netrcFile())
	cfg.Wait = cmp.Or(cfg.Wait, firstWait)
	return &Source{cfg: cfg, client: newClient(cfg.Client), logins: sync.OnceValue(func() map[string]login { return readNetrc(cfg.Netrc) })}
}

// Owns reports that a name is an address of https, or of http.
func (*Source) Owns(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// List expands an address, a pattern or the address of a list.
func (s *Source) List(ctx context.Context, pattern string) ([]export.Object, error) {
	return s.list(ctx, pattern, func(string) bool { return true })
}

// ListRange is List without asking for the files outside of the range.
func (s *Source) ListRange(ctx context.Context, pattern, from, before string) ([]export.Object, error) {
	objects, err := s.list(ctx, pattern, func(name string) bool { return name >= from && name < before })
	if errors.Is(err, errNoMatch) {
		err = nil
	}
	return objects, err
}

// errNoMatch reports that a pattern names no file.
var errNoMatch = errors.New("no file matches; check the pattern, in which * does not match /, and the server's index page")

// list looks at the files that a pattern names and that are wanted.
func (s *Source) list(ctx context.Context, pattern string, wanted func(name string) bool) ([]export.Object, error) {
	a, err := parseAddress(pattern)
	if err != nil {
		return nil, err
	}
	names, exact, err := s.expand(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", pattern, err)
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !wanted(name) })
	objects, err := s.statAll(ctx, names, exact)
	if err == nil && len(objects) == 0 {
		err = errNoMatch
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", pattern, err)
	}
	return objects, nil
}

// expand gives the names of a pattern. exact reports that each was named, so that
// one that is not there is an error.
func (s *Source) expand(ctx context.Context, a address) (names []string, exact bool, err error) {
	switch {
	case isList(a):
		names, err = s.readList(ctx, a)
		return names, true, err
	case strings.HasSuffix(a.path, "/"):
		return nil, false, fmt.Errorf("it is a folder where a file is expected; name the files in it: %s*.parquet", a)
	case !a.pattern():
		return []string{a.String()}, true, nil
	}
	paths, err := expandBraces(a.path)
	if err != nil {
		return nil, false, err
	}
	w := walk{s: s}
	for _, p := range paths {
		if err := w.below(ctx, a.at("/"), strings.Split(p[1:], "/")); err != nil {
			return nil, false, err
		}
	}
	return w.names, false, nil
}

// parallel bounds the files that are looked at side by side.
const parallel = 16

// statAll looks at files. Those that are gone are left out, unless they were named:
// what an index page lists may vanish before it is asked for.
func (s *Source) statAll(ctx context.Context, names []string, exact bool) ([]export.Object, error) {
	found := make([]export.Object, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, name := range names {
		g.Go(func() error {
			a, err := parseAddress(name)
			if err != nil {
				return err
			}
			o, err := s.stat(ctx, a)
			switch {
			case err == nil:
				found[i] = o
			case !errors.Is(err, errGone) || exact:
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	err := g.Wait()
	return slices.DeleteFunc(found, func(o export.Object) bool { return o.Name == "" }), err
}

// Generations looks at the files again.
func (s *Source) Generations(ctx context.Context, objects []export.Object) (map[string]string, error) {
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.Name
	}
	found, err := s.statAll(ctx, names, false)
	if err != nil {
		return nil, fmt.Errorf("look again at %w", err)
	}
	now := make(map[string]string, len(found))
	for _, o := range found {
		now[o.Name] = o.Generation
	}
	return now, nil
}

// Path is what follows the server in an address.
func (*Source) Path(name string) string {
	_, rest, _ := strings.Cut(name, "://")
	_, path, _ := strings.Cut(rest, "/")
	return "/" + path
}

// Group splits files by server, as a path says nothing of it, and so that one url()
// names not too many.
func (*Source) Group(objects []export.Object) [][]export.Object {
	return export.GroupBy(objects, func(o export.Object) string { return strings.TrimSuffix(o.Name, o.Path) })
}

// Remedy is about ClickHouse's own way to the server.
func (*Source) Remedy() string {
	return "it reads from the web server itself: let it reach that, and allow the host where its configuration has remote_url_allow_hosts; a login goes into the netrc file of this command"
}

// Table reads a group with url(). A file that has vanished is an error and not
// passed over; a login is not carried along to where a server sends on to.
func (s *Source) Table(group []export.Object, format, structure string) (export.TableFunction, error) {
	names := make([]string, len(group))
	for i, o := range group {
		names[i] = o.Name
	}
	t := export.TableFunction{
		Params: map[string]any{"source_path": export.BraceList(names), "source_format": format},
		Settings: map[string]any{"http_skip_not_found_url_for_globs": 0, "enable_url_encoding": 0,
			"max_http_get_redirects": maxRedirects},
	}
	args := t.With("{source_path:String}, {source_format:String}", structure)
	a, err := parseAddress(names[0])
	if err != nil {
		return t, err
	}
	if login := s.authorization(a.host); login != "" {
		args += ", headers('Authorization' = {source_authorization:String})"
		t.Params["source_authorization"] = login
		t.Settings["max_http_get_redirects"] = 0
	}
	t.SQL = "url(" + args + ")"
	return t, nil
}
