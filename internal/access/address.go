package access

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"github.com/realclientip/realclientip-go"
)

// Network is who comes from an address: the address, or for IPv6 the network that a
// provider gives to one customer, its first 64 bits.
func Network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	network, err := addr.Prefix(bits)
	if err != nil { // of no address
		return netip.Prefix{}
	}
	return network
}

// Proxies are the machines in front of the gateway whose word is taken for where a
// request comes from. Anybody else could write the header as well.
type Proxies struct {
	trusted []net.IPNet
	tells   realclientip.Strategy
}

// ForwardedFor is the header by which most proxies tell where a request comes from.
const ForwardedFor = "X-Forwarded-For"

// NewProxies trusts networks (10.0.0.0/8) and addresses, which tell the client in a
// header: X-Forwarded-For or Forwarded, to which each adds, of whose entries the last
// that is not a trusted proxy's counts; or one that has a single address, such as
// X-Real-IP.
func NewProxies(networks []string, header string) (*Proxies, error) {
	trusted, err := realclientip.AddressesAndRangesToIPNets(networks...)
	if err != nil {
		return nil, fmt.Errorf("read the trusted proxies: %w: write addresses or networks, such as 10.0.0.0/8", err)
	}
	p := &Proxies{trusted: trusted}
	switch http.CanonicalHeaderKey(header) {
	case ForwardedFor, "Forwarded":
		p.tells, err = realclientip.NewRightmostTrustedRangeStrategy(header, trusted)
	default:
		p.tells, err = realclientip.NewSingleIPHeaderStrategy(header)
	}
	if err != nil {
		return nil, fmt.Errorf("read the header by which proxies tell who asks: %w", err)
	}
	return p, nil
}

// addressOf is where a request comes from; the peer's own address where no trusted
// proxy tells another.
func (p *Proxies) addressOf(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	peer := at.Addr().Unmap()
	if p == nil || !p.trusts(peer) {
		return peer
	}
	told, err := netip.ParseAddr(p.tells.ClientIP(r.Header, r.RemoteAddr))
	if err != nil { // it tells nobody: all whom it does not tell are one
		return peer
	}
	return told
}

// trusts reports that the address is a proxy's.
func (p *Proxies) trusts(addr netip.Addr) bool {
	ip := net.IP(addr.AsSlice())
	return slices.ContainsFunc(p.trusted, func(n net.IPNet) bool { return n.Contains(ip) })
}
