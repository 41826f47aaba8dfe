package access

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Origins are sites, as browsers name them: https://example.org, with the port
// where it is not the scheme's own. One may begin its host with "*.", for every host
// below, or have * for its port; "*" alone is every site.
type Origins []string

// LoopbackOrigins are the pages of this machine.
func LoopbackOrigins() Origins {
	var all Origins
	for _, scheme := range []string{"http://", "https://"} {
		for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
			all = append(all, scheme+host, scheme+host+":*")
		}
	}
	return all
}

// Any reports that every site is one.
func (o Origins) Any() bool { return slices.Contains(o, "*") }

// ParseOrigins reads sites.
func ParseOrigins(texts []string) (Origins, error) {
	o := Origins{}
	for _, t := range texts {
		if t = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(t), "/")); t != "" {
			o = append(o, t)
		}
	}
	return o, o.check()
}

// check finds what is no origin.
func (o Origins) check() error {
	for _, t := range o {
		if t == "*" {
			continue
		}
		scheme, host, ok := strings.Cut(t, "://")
		plain := strings.TrimSuffix(strings.TrimPrefix(host, "*."), ":*")
		u, err := url.Parse(scheme + "://" + plain)
		if !ok || err != nil || plain == "" || strings.Contains(plain, "*") || u.Host != plain || u.Scheme == "" {
			return fmt.Errorf("%q is not an origin: write the scheme and the host, such as https://example.org, or *", t)
		}
	}
	return nil
}

// Allow reports that an origin, as the header Origin has it, is one of them.
func (o Origins) Allow(origin string) bool {
	origin = strings.ToLower(origin)
	return slices.ContainsFunc(o, func(pattern string) bool { return matches(pattern, origin) })
}

// matches reports that an origin is one of a pattern's.
func matches(pattern, origin string) bool {
	if pattern == "*" || pattern == origin {
		return true
	}
	if before, ok := strings.CutSuffix(pattern, ":*"); ok {
		port, ok := strings.CutPrefix(origin, before+":")
		return ok && port != "" && strings.Trim(port, "0123456789") == ""
	}
	scheme, host, ok := strings.Cut(pattern, "://*.")
	if !ok {
		return false
	}
	rest, ok := strings.CutPrefix(origin, scheme+"://")
	return ok && len(rest) > len(host)+1 && strings.HasSuffix(rest, "."+host)
}
