package web

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"clickql/ingest/export"
)

// address is where a file or a folder is. Its path is as it was given, escaped or
// not, and may be a pattern.
type address struct{ origin, host, path string }

// The refusals of an address. None repeats it: it may hold a password.
const (
	errUser  = export.AddressError("read an https:// address with a user or a password: command lines and the ledger are no place for them; give the login in the netrc file (~/.netrc, or the one that NETRC names)")
	errQuery = export.AddressError("read an https:// address with a query or a fragment: it may be a signature, and with another the same file would be loaded twice; give the address alone, and a login in the netrc file (~/.netrc, or the one that NETRC names) where it needs one; ? is no pattern here")
)

// parseAddress reads an address or a pattern.
func parseAddress(text string) (address, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	authority, path, _ := strings.Cut(rest, "/")
	switch {
	case strings.Contains(authority, "@"):
		return address{}, errUser
	case strings.ContainsAny(rest, "?#"):
		return address{}, errQuery
	}
	u, err := url.Parse(scheme + "://" + authority)
	switch {
	case err != nil && strings.Contains(rest, "@"): // a password with a slash
		return address{}, errUser
	case err != nil || u.Hostname() == "" || strings.ContainsAny(authority, export.GlobChars):
		return address{}, export.AddressError(fmt.Sprintf("read %s: name one server, as in https://host/path.parquet", text))
	case scheme == "http" && !loopback(u.Hostname()):
		return address{}, export.AddressError(fmt.Sprintf("read %s: http is for loopback only, as anybody between could change the file: give https://", text))
	}
	for _, segment := range strings.Split(path, "/") {
		if segment == "." || segment == ".." {
			return address{}, export.AddressError(fmt.Sprintf("read %s: write the path without . and ..", text))
		}
		if _, err := url.PathUnescape(segment); err != nil {
			return address{}, export.AddressError("read " + text + ": write a % in a name as %25")
		}
	}
	host := strings.ToLower(u.Hostname())
	origin := scheme + "://" + host
	if strings.Contains(host, ":") {
		origin = scheme + "://[" + host + "]"
	}
	if port := u.Port(); port != "" && port != map[string]string{"https": "443", "http": "80"}[scheme] {
		origin += ":" + port
	}
	return address{origin: origin, host: host, path: "/" + path}, nil
}

// loopback reports that a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// at is the address of another path on the same server.
func (a address) at(path string) address { return address{a.origin, a.host, path} }

// String is the address escaped in the one way in which files are known: the same
// file has the same name however it is written.
func (a address) String() string { return a.origin + escaped(a.path) }

// folder is the address up to the last slash.
func (a address) folder() address { return a.at(a.path[:strings.LastIndexByte(a.path, '/')+1]) }

// pattern reports that the path is a pattern.
func (a address) pattern() bool { return strings.ContainsAny(a.path, export.GlobChars) }

// escaped writes a path whose segments may be escaped in the one way. A slash within
// a segment stays one.
func escaped(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = escapeSegment(unescaped(s))
	}
	return strings.Join(segments, "/")
}

// escapeSegment escapes a folder's or a file's name.
func escapeSegment(name string) string {
	return strings.ReplaceAll(export.EscapePath(name), "/", "%2F")
}

// unescaped is what a segment means; itself where it means nothing.
func unescaped(segment string) string {
	if plain, err := url.PathUnescape(segment); err == nil {
		return plain
	}
	return segment
}

// expandLimit bounds the alternatives that braces may give.
const expandLimit = 10_000

// expandBraces writes a pattern's alternatives out.
func expandBraces(pattern string) ([]string, error) {
	open := strings.IndexByte(pattern, '{')
	if open < 0 {
		return []string{pattern}, nil
	}
	depth, from, shut := 0, open+1, -1
	var choices []string
	for i := open; i < len(pattern) && shut < 0; i++ {
		switch c := pattern[i]; {
		case c == '{':
			depth++
		case c == '}' && depth == 1:
			choices, shut = append(choices, pattern[from:i]), i
		case c == '}':
			depth--
		case c == ',' && depth == 1:
			choices, from = append(choices, pattern[from:i]), i+1
		}
	}
	if shut < 0 {
		return nil, errors.New("a { in the pattern is not closed")
	}
	var all []string
	for _, choice := range choices {
		some, err := expandBraces(pattern[:open] + choice + pattern[shut+1:])
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(all) > expandLimit {
			return nil, fmt.Errorf("its braces give more than %d names: give a list of the files, a .txt of the server's or - for standard input", expandLimit)
		}
	}
	return all, nil
}
