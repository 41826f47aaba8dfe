package access

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"clickql/internal/fault"
)

// Config says who may ask what.
type Config struct {
	// Keys are the API keys; nil where there are none, and none are looked for.
	Keys *Keyring
	// Anonymous bounds each client without a key.
	Anonymous Limits
	// Proxies tell where requests come from; nil where clients come by themselves.
	Proxies *Proxies
	// NoExplain leaves it to keys with the right to be told which queries ran.
	NoExplain bool
	// Now is the clock; time.Now where nil.
	Now func() time.Time
}

// Gate finds out who asks. It is safe for concurrent use.
type Gate struct {
	cfg  Config
	keys *Keyring
	now  func() time.Time

	mu sync.Mutex
	// Accounts of keys are as many as there are keys. Those of addresses are bounded:
	// who has not asked for longest is forgotten.
	keyed     map[string]*account
	anonymous *simplelru.LRU[string, *account]
}

// mostAddresses is how many clients without a key are remembered: some 20 MB.
const mostAddresses = 1 << 16

// NewGate makes a Gate.
func NewGate(cfg Config) *Gate {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Anonymous = cfg.Anonymous.withPictures()
	g := &Gate{cfg: cfg, keys: cfg.Keys, now: cfg.Now, keyed: map[string]*account{}}
	g.anonymous, _ = simplelru.NewLRU[string, *account](mostAddresses, nil) // fails for a size of 0 only
	return g
}

// Identify tells who makes a request: by a key in the header Authorization or
// X-API-Key, or in the address, and without one by where it comes from. The error is
// UNAUTHENTICATED for a key that is none, and FORBIDDEN for one that may not be used
// in this way or from this page.
func (g *Gate) Identify(r *http.Request) (*Client, *fault.Error) {
	if g.keys == nil {
		return g.byAddress(r), nil
	}
	if text := headerKey(r.Header); text != "" {
		return g.byKey(r, text, false)
	}
	if text := addressKey(r.URL.RawQuery); text != "" {
		return g.byKey(r, text, true)
	}
	return g.byAddress(r), nil
}

// Holder tells who opens a connection with a key that comes after the request, as in
// a WebSocket's connection_init; authorization is as in the header of that name.
func (g *Gate) Holder(r *http.Request, authorization string) (*Client, *fault.Error) {
	text := authorization
	if bearer, ok := cutBearer(authorization); ok {
		text = bearer
	}
	if g.keys == nil || text == "" {
		return g.byAddress(r), nil
	}
	return g.byKey(r, text, false)
}

// headerKey is the key that headers carry. Authorization of another scheme is
// somebody else's, such as a proxy's.
func headerKey(h http.Header) string {
	if text, ok := cutBearer(h.Get("Authorization")); ok {
		return text
	}
	return strings.TrimSpace(h.Get("X-Api-Key"))
}

// cutBearer is the token of an Authorization header.
func cutBearer(value string) (token string, ok bool) {
	const scheme = "bearer "
	if len(value) < len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
		return "", false
	}
	return strings.TrimSpace(value[len(scheme):]), true
}

// keyParameter is the parameter of addresses that carries a publishable key.
const keyParameter = "key"

// addressKey is the key in an address's query.
func addressKey(query string) string {
	for part := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(part, keyParameter+"="); ok {
			text, err := url.QueryUnescape(value)
			if err != nil {
				return value // which is no key
			}
			return text
		}
	}
	return ""
}

// WithoutKey is an address's query without the key, for everything behind the Gate:
// it is not logged, kept or taken for a parameter.
func WithoutKey(query string) string {
	if !strings.Contains(query, keyParameter+"=") {
		return query
	}
	kept := make([]string, 0, 8)
	for part := range strings.SplitSeq(query, "&") {
		if !strings.HasPrefix(part, keyParameter+"=") {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

// unknownKey is the refusal of what is no key.
func unknownKey() *fault.Error {
	return &fault.Error{Code: fault.Unauthenticated, Message: "the API key is not known: it may have been revoked; ask for a new one, or send none"}
}

// byKey is the holder of a key.
func (g *Gate) byKey(r *http.Request, text string, inAddress bool) (*Client, *fault.Error) {
	key := g.keys.find(text)
	if key == nil {
		return nil, unknownKey()
	}
	if inAddress && !key.Publishable {
		return nil, &fault.Error{Code: fault.Forbidden, Message: "this API key is a secret, which an address does not keep: send it in the header Authorization, " +
			"and revoke it if the address was seen by others; addresses take publishable keys"}
	}
	if err := key.allows(r); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.keyed[key.ID]
	if a == nil {
		a = &account{}
		g.keyed[key.ID] = a
	}
	return &Client{g, "key " + key.ID, key, key.Limits.withPictures(), a}, nil
}

// allows is nil where the key may be used by the page that a request comes from. A
// request that tells no page is not a browser's, or a browser's that was told not to:
// that is enough for a secret, and too little for a key that everybody can see.
func (k *Key) allows(r *http.Request) *fault.Error {
	page := pageOf(r)
	switch {
	case page == "" && !k.Publishable, page != "" && k.Origins.Allow(page), page != "" && len(k.Origins) == 0 && !k.Publishable:
		return nil
	case page != "" && sameSite(page, r.Host): // our own pages, which the key has opened
		return nil
	case page == "":
		return &fault.Error{Code: fault.Forbidden, Message: "this API key is for the pages of its sites, and the request names no page (by Origin or Referer): send a secret key instead"}
	}
	return &fault.Error{Code: fault.Forbidden, Message: fmt.Sprintf("this API key is not for the pages of %.200s: have the site added to its origins", page)}
}

// pageOf is the origin of the page that a request comes from; empty where it does
// not tell.
func pageOf(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" && origin != "null" {
		return strings.ToLower(origin)
	}
	u, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// sameSite reports that a page is of the host that it asks.
func sameSite(page, host string) bool {
	_, of, _ := strings.Cut(page, "://")
	return of != "" && strings.EqualFold(of, host)
}

// byAddress is whoever comes from where a request comes from.
func (g *Gate) byAddress(r *http.Request) *Client {
	id := Network(g.cfg.Proxies.addressOf(r)).String()
	g.mu.Lock()
	defer g.mu.Unlock()
	a, known := g.anonymous.Get(id)
	if !known {
		a = &account{}
		g.anonymous.Add(id, a)
	}
	return &Client{g, id, nil, g.cfg.Anonymous, a}
}
