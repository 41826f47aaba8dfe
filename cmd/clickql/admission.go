package main

import (
	"log/slog"
	"net"
	"net/netip"

	"github.com/spf13/pflag"

	"clickql/internal/access"
)

// admissionFlags say who may ask, and how much.
type admissionFlags struct {
	keys      string
	anonymous access.Limits
	proxies   []string
	header    string
	noExplain bool
	quotaKeys bool
}

// add defines the flags.
func (f *admissionFlags) add(flags *pflag.FlagSet) {
	f.header = access.ForwardedFor
	flags.StringVar(&f.keys, "keys", "", "`file` of API keys, written by clickql keys; what changes in it holds at once")
	flags.Var(&f.anonymous.Requests, "anonymous-rate", "how many requests a client without a key may make, such as 60/1m; 0 for no limit. Clients are told apart by their address, IPv6 by its first 64 bits")
	flags.Var(&f.anonymous.Pictures, "anonymous-pictures", "how many charts and badges, such as 1200/1m; 0 for twenty times --anonymous-rate")
	flags.Var(&f.anonymous.Rows, "anonymous-rows", "how many rows ClickHouse may be expected to read for a client without a key, such as 50000000/1m; 0 for no limit. Answers from memory cost nothing")
	flags.StringSliceVar(&f.proxies, "trusted-proxies", nil, "`networks` and addresses of the proxies in front, such as 10.0.0.0/8, whose word is taken for where a request comes from; may be repeated")
	flags.BoolVar(&f.quotaKeys, "quota-keys", false, "send ClickHouse, as the quota key of each statement, which client asked: its address, or the id of its key; quotas KEYED BY client_key, user_name then hold for each client, with all gateways together")
	flags.BoolVar(&f.noExplain, "no-explain", false, "tell nobody which queries ran, but holders of keys made with --explain")
	flags.StringVar(&f.header, "client-header", f.header, "`header` in which they tell it: X-Forwarded-For, Forwarded, or one that has a single address, such as X-Real-IP")
}

// limits reports that somebody who may be anybody has a limit.
func (f *admissionFlags) limits() bool {
	return !f.anonymous.Requests.None() || !f.anonymous.Rows.None()
}

// gate is who may come in.
func (f *admissionFlags) gate(log *slog.Logger) (*access.Gate, error) {
	cfg := access.Config{Anonymous: f.anonymous, NoExplain: f.noExplain}
	if f.keys != "" {
		keys, err := access.OpenKeyring(f.keys, log)
		if err != nil {
			return nil, usagef("--keys %s: %w; make a first key with: clickql keys add --keys %[1]s", f.keys, err)
		}
		cfg.Keys = keys
	}
	if len(f.proxies) > 0 {
		proxies, err := access.NewProxies(f.proxies, f.header)
		if err != nil {
			return nil, usagef("--trusted-proxies, --client-header: %w", err)
		}
		cfg.Proxies = proxies
	}
	return access.NewGate(cfg), nil
}

// isLoopback reports that nobody but this machine reaches an address.
func isLoopback(addr net.Addr) bool {
	at, err := netip.ParseAddrPort(addr.String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// hostsFor are the names under which the gateway may be asked at an address. On loopback
// they are this machine's and those of the sites that may read answers: another site's
// page may have its own name lead here. Proxies on this machine pass on what they are
// called, as far as they are known. Elsewhere any name is one.
func (f *admissionFlags) hostsFor(addr net.Addr, sites access.Origins) func(host string) bool {
	if !isLoopback(addr) || len(f.proxies) > 0 {
		return nil
	}
	return sites.Hosts
}

// originsFor are the sites whose pages may read answers where no flag tells: beyond
// loopback every one, as the data is public; on loopback this machine's own, as what a
// developer serves to himself is not for every page that he visits.
func originsFor(addr net.Addr) access.Origins {
	if isLoopback(addr) {
		return access.LoopbackOrigins()
	}
	return access.Origins{"*"}
}
