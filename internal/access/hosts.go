package access

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Hosts reports that a host, as the header Host has it, is a name of this machine for
// itself, or of one of the sites. A page of another site whose name has been made to lead
// here (DNS rebinding) asks under that name, and to its browser is of one origin with what
// it asks: only the name tells.
func (o Origins) Hosts(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if at, err := netip.ParseAddr(host); err == nil && at.Unmap().IsLoopback() {
		return true
	}
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") { // no browser leaves it out
		return true
	}
	return slices.ContainsFunc(o, func(pattern string) bool { return pattern == "*" || hostMatches(pattern, host) })
}

// hostMatches reports that a host is one of a pattern's, whatever scheme and port it has.
func hostMatches(pattern, host string) bool {
	_, of, _ := strings.Cut(pattern, "://")
	if name, _, ok := strings.Cut(of, ":"); ok && !strings.HasPrefix(of, "[") {
		of = name
	}
	if below, ok := strings.CutPrefix(of, "*."); ok {
		return len(host) > len(below)+1 && strings.HasSuffix(host, "."+below)
	}
	return strings.Trim(of, "[]") == host
}
