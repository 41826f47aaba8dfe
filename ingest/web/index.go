package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"clickql/ingest/export"
)

// maxPages bounds the index pages that one pattern reads.
const maxPages = 10_000

// walk finds the files that match a pattern without braces.
type walk struct {
	s     *Source
	pages int
	names []string
}

// below looks into a folder for what the rest of a pattern, by segments, names.
func (w *walk) below(ctx context.Context, folder address, segments []string) error {
	segment, rest := segments[0], segments[1:]
	if !strings.ContainsAny(segment, "*") {
		next := folder.at(folder.path + segment)
		if len(rest) == 0 {
			w.names = append(w.names, next.String())
			return nil
		}
		return w.below(ctx, next.at(next.path+"/"), rest)
	}
	whole := strings.Contains(segment, "**") // it reaches into folders
	if whole {
		segment, rest = strings.Join(segments, "/"), nil
	}
	match, err := export.CompileGlob(unescaped(segment))
	if err != nil {
		return err
	}
	if whole {
		return w.all(ctx, folder, "", match)
	}
	files, folders, err := w.index(ctx, folder)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		w.take(folder, "", files, match)
		return nil
	}
	for _, f := range folders {
		if match(f) {
			if err := w.below(ctx, folder.at(folder.path+escapeSegment(f)+"/"), rest); err != nil {
				return err
			}
		}
	}
	return nil
}

// all takes the files of a folder and of all below it whose path from the first
// folder on matches.
func (w *walk) all(ctx context.Context, folder address, path string, match func(string) bool) error {
	files, folders, err := w.index(ctx, folder)
	if err != nil {
		return err
	}
	w.take(folder, path, files, match)
	for _, f := range folders {
		if err := w.all(ctx, folder.at(folder.path+escapeSegment(f)+"/"), path+f+"/", match); err != nil {
			return err
		}
	}
	return nil
}

// take takes the files that match.
func (w *walk) take(folder address, path string, files []string, match func(string) bool) {
	for _, f := range files {
		if match(path + f) {
			w.names = append(w.names, folder.at(folder.path+escapeSegment(f)).String())
		}
	}
}

// index reads the index page of a folder: what it links to that is directly in it.
func (w *walk) index(ctx context.Context, folder address) (files, folders []string, err error) {
	if w.pages++; w.pages > maxPages {
		return nil, nil, fmt.Errorf("it reads more than %d index pages: give a list of the files", maxPages)
	}
	p, err := w.s.read(ctx, folder)
	kind, _, _ := mime.ParseMediaType(p.kind)
	switch {
	case errors.Is(err, errGone):
		return nil, nil, fmt.Errorf("the server has no index page at %s: name the files, or give a list of them: a .txt of the server's, or - for standard input", folder)
	case err != nil:
		return nil, nil, fmt.Errorf("read the index page %s: %w", folder, err)
	case kind != "text/html" && kind != "application/xhtml+xml":
		return nil, nil, fmt.Errorf("what the server has at %s is no index page, but %q: name the files, or give a list of them: a .txt of the server's, or - for standard input", folder, kind)
	}
	base := p.at
	if at, err := parseAddress(base.Scheme + "://" + base.Host + base.EscapedPath()); err != nil || at.String() != folder.String() {
		return nil, nil, fmt.Errorf("the server sends the index page %s on to elsewhere: give the pattern with the address that it sends on to", folder)
	}
	files, folders = links(p.content, base)
	return files, folders, nil
}

// links are the names that a page links to directly below itself, each once, in the
// page's order.
func links(page []byte, base *url.URL) (files, folders []string) {
	seen := map[string]bool{}
	here := escaped(base.EscapedPath())
	for tokens := html.NewTokenizer(bytes.NewReader(page)); tokens.Next() != html.ErrorToken; {
		token := tokens.Token()
		if token.Type != html.StartTagToken || token.Data != "a" {
			continue
		}
		for _, attribute := range token.Attr {
			u, err := url.Parse(strings.TrimSpace(attribute.Val))
			if attribute.Key != "href" || err != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
				continue
			}
			to := base.ResolveReference(u)
			name, inside := strings.CutPrefix(escaped(to.EscapedPath()), here)
			name, isFolder := strings.CutSuffix(name, "/")
			if to.Scheme != base.Scheme || to.Host != base.Host || to.User != nil || !inside || name == "" || strings.Contains(name, "/") || seen[name] {
				continue
			}
			seen[name] = true
			if isFolder {
				folders = append(folders, unescaped(name))
			} else {
				files = append(files, unescaped(name))
			}
		}
	}
	return files, folders
}

// isList reports that an address is that of a list of names.
func isList(a address) bool { return strings.HasSuffix(a.path, ".txt") && !a.pattern() }

// readList reads the names that a list has, one on a line, from the list's folder or
// its server's root on, or whole. Empty lines and those that begin with # are
// passed over.
func (s *Source) readList(ctx context.Context, list address) ([]string, error) {
	p, err := s.read(ctx, list)
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(p.content)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		whole := line
		switch {
		case strings.Contains(line, "://"):
		case line[0] == '/':
			whole = list.origin + line
		default:
			whole = list.folder().String() + line
		}
		a, err := parseAddress(whole)
		switch {
		case err != nil:
			return nil, err
		case a.origin != list.origin:
			return nil, fmt.Errorf("it names a file of another server, %s: name that yourself, or in a list on standard input (-)", a.origin)
		case a.pattern():
			return nil, fmt.Errorf("it names the pattern %s: a list names files; write * { } in a file's name as %%2A %%7B %%7D", line)
		}
		names = append(names, a.String())
	}
	return names, nil
}
