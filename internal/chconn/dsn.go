package chconn

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// dsnForms says how to write a DSN; part of every error about one.
const dsnForms = "write clickhouse://user:password@host:9000/pypi, http://host:8123/pypi or https://host:8443/pypi, " +
	"with the user and the password percent-encoded"

// parseDSN reads a DSN. Its errors never show the DSN, which may hold a
// password.
func parseDSN(dsn string) (*clickhouse.Options, error) {
	scheme, rest, ok := strings.Cut(dsn, "://")
	if !ok {
		return nil, errors.New("read the ClickHouse DSN: it has no scheme; " + dsnForms)
	}
	switch scheme {
	case "clickhouse", "http":
	case "https":
		// The driver wants it said twice.
		dsn = withOption(dsn, "secure", "true")
	default:
		return nil, errors.New("read the ClickHouse DSN: its scheme is none of clickhouse, http and https; " + dsnForms)
	}
	if strings.Contains(rest, "#") {
		return nil, errors.New("read the ClickHouse DSN: it holds a #, which must be written %23; " + dsnForms)
	}
	opts, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the ClickHouse DSN: %s; %s", reason(err), dsnForms)
	}
	if err := completeAddrs(opts); err != nil {
		return nil, err
	}
	opts.DialTimeout = cmp.Or(opts.DialTimeout, defaultDialTimeout)
	opts.ReadTimeout = cmp.Or(opts.ReadTimeout, defaultReadTimeout)
	if opts.Compression == nil && !strings.Contains(dsn, "compress=") && !allLoopback(opts.Addr) {
		opts.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	}
	return opts, nil
}

// Hosts lists the addresses, host:port, that a DSN names.
func Hosts(dsn string) ([]string, error) {
	opts, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return opts.Addr, nil
}

// reason is what the driver found wrong, without the text it was reading.
func reason(err error) string {
	var parse *url.Error
	if errors.As(err, &parse) {
		return "it is not a URL"
	}
	return strings.TrimPrefix(err.Error(), "clickhouse [dsn parse]: ")
}

// withOption adds a query parameter where the DSN does not hold it.
func withOption(dsn, name, value string) string {
	base, query, has := strings.Cut(dsn, "?")
	if !has {
		return base + "?" + name + "=" + value
	}
	if strings.HasPrefix(query, name+"=") || strings.Contains(query, "&"+name+"=") {
		return dsn
	}
	return dsn + "&" + name + "=" + value
}

// completeAddrs gives every host the port that belongs to the protocol where
// the DSN names none.
func completeAddrs(opts *clickhouse.Options) error {
	for i, addr := range opts.Addr {
		addr = strings.TrimSpace(addr)
		if addr == "" || strings.HasPrefix(addr, ":") {
			return errors.New("read the ClickHouse DSN: a host is empty; " + dsnForms)
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			addr = net.JoinHostPort(strings.Trim(addr, "[]"), defaultPort(opts))
		}
		opts.Addr[i] = addr
	}
	return nil
}

// defaultPort is the port that ClickHouse listens on by default.
func defaultPort(opts *clickhouse.Options) string {
	switch secure := opts.TLS != nil; {
	case opts.Protocol == clickhouse.HTTP && secure:
		return "8443"
	case opts.Protocol == clickhouse.HTTP:
		return "8123"
	case secure:
		return "9440"
	default:
		return "9000"
	}
}

// allLoopback reports that every address is this machine's own, where
// compressing costs more than it saves.
func allLoopback(addrs []string) bool {
	for _, addr := range addrs {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return false
		}
		ip, err := netip.ParseAddr(host)
		if host != "localhost" && (err != nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// Addr names the hosts, without the account: for logs and messages.
func (c *Conn) Addr() string { return strings.Join(c.opts.Addr, ",") }
