package access

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"clickql/internal/fault"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// request is a request from an address, with headers.
func request(from, target string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr = from
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// identify is who makes a request, who must be somebody.
func identify(t *testing.T, g *Gate, r *http.Request) *Client {
	t.Helper()
	c, err := g.Identify(r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRatesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]string{"60/1m": "60/1m", "60/m": "60/1m", " 5/10s ": "5/10s", "1/24h": "1/24h", "7/90s": "7/1m30s", "0": "0", "0/1m": "0", "3600/60m": "3600/1h"} {
		if r, err := ParseRate(text); err != nil || r.String() != want {
			t.Errorf("%q: %s, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "60", "-1/1m", "60/", "60/0s", "60/1ms", "x/1m", "60/1m/1m", "60/1500ms", "99999999999999999999/1m"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("%q was read as %s", text, r)
		}
	}
}

// A client has its requests and no more, until the window that began with the first
// has ended; others have their own.
func TestRequestsAreCountedByClient(t *testing.T) {
	at := &clock{time.Unix(1_800_000_000, 0)}
	g := NewGate(Config{Anonymous: Limits{Requests: Rate{3, time.Minute}}, Now: at.now})
	admit := func(from string) *fault.Error {
		done, err := identify(t, g, request(from, "/graphql")).Admit(Operations)
		if err == nil {
			done()
		}
		return err
	}
	for round := range 2 {
		for n := range 3 {
			if err := admit("192.0.2.1:1000"); err != nil {
				t.Fatalf("round %d, request %d: %v", round, n, err)
			}
			at.at = at.at.Add(10 * time.Second)
		}
		err := admit("192.0.2.1:2000")
		if err == nil || err.Code != fault.RateLimited || err.RetryAfter() != 30 {
			t.Fatalf("round %d: %+v", round, err)
		}
		if err := admit("192.0.2.2:1000"); err != nil {
			t.Errorf("round %d: another address: %v", round, err)
		}
		at.at = at.at.Add(err.Retry)
	}
	for n := range 3 { // one customer of a provider, whatever of its 2^64 addresses it takes
		if err := admit(fmt.Sprintf("[2001:db8:1:2::%d]:1", n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := admit("[2001:db8:1:2:ffff::]:1"); err == nil {
		t.Error("a fourth address of one /64 was let in")
	}
	if err := admit("[2001:db8:1:3::]:1"); err != nil {
		t.Error(err)
	}
}

// However many ask at one time, no more are let in than may be.
func TestCountingIsExact(t *testing.T) {
	g := NewGate(Config{Anonymous: Limits{Requests: Rate{500, time.Hour}}})
	c := identify(t, g, request("192.0.2.1:1", "/"))
	var all sync.WaitGroup
	var mu sync.Mutex
	let := 0
	for range 20 {
		all.Go(func() {
			for range 50 {
				if done, err := c.Admit(Operations); err == nil {
					done()
					mu.Lock()
					let++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	if let != 500 {
		t.Errorf("%d were let in, of 500", let)
	}
}

// Rows are refused beyond what is left, with the time when there are more; what is
// more than all of them is refused as well, and takes nothing.
func TestRowsAreCounted(t *testing.T) {
	at := &clock{time.Unix(1_800_000_000, 0)}
	g := NewGate(Config{Anonymous: Limits{Rows: Rate{1000, time.Minute}, RowsPerDay: 1500}, Now: at.now})
	c := identify(t, g, request("192.0.2.1:1", "/"))
	if err := c.Spend(1001); err == nil || err.Code != fault.RateLimited || err.Limit != 1000 {
		t.Errorf("more than all: %+v", err)
	}
	if err := c.Spend(800); err != nil {
		t.Fatal(err)
	}
	at.at = at.at.Add(20 * time.Second)
	if err := c.Spend(201); err == nil || err.RetryAfter() != 40 {
		t.Errorf("more than is left: %+v", err)
	}
	at.at = at.at.Add(40 * time.Second)
	if err := c.Spend(700); err != nil {
		t.Errorf("in the next window: %v", err)
	}
	at.at = at.at.Add(time.Minute)
	if err := c.Spend(1); err == nil || err.Retry <= time.Hour {
		t.Errorf("more than in a day: %+v", err)
	}
}

// Operations at one time are counted until they end, once each.
func TestOperationsAtOneTime(t *testing.T) {
	g := NewGate(Config{Anonymous: Limits{AtOnce: 2}})
	c := identify(t, g, request("192.0.2.1:1", "/"))
	first, err := c.Admit(Operations)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Admit(Operations); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Admit(Operations); err == nil || err.Code != fault.RateLimited || err.Retry <= 0 {
		t.Errorf("a third: %+v", err)
	}
	first()
	first()
	if _, err := c.Admit(Operations); err != nil {
		t.Error(err)
	}
	if _, err := c.Admit(Operations); err == nil {
		t.Error("who left twice made room for two")
	}
}

// Only what a trusted proxy adds is believed.
func TestAddressesAreToldByTrustedProxies(t *testing.T) {
	forwarded, err := NewProxies([]string{"10.0.0.0/8", "2001:db8::1"}, ForwardedFor)
	if err != nil {
		t.Fatal(err)
	}
	single, err := NewProxies([]string{"10.0.0.1"}, "X-Real-IP")
	if err != nil {
		t.Fatal(err)
	}
	standard, err := NewProxies([]string{"10.0.0.1"}, "Forwarded")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		proxies            *Proxies
		from, header, sent string
		want               string
	}{
		{nil, "192.0.2.1:1", ForwardedFor, "198.51.100.7", "192.0.2.1/32"},
		{forwarded, "192.0.2.1:1", ForwardedFor, "198.51.100.7", "192.0.2.1/32"},
		{forwarded, "10.0.0.1:1", ForwardedFor, "198.51.100.7", "198.51.100.7/32"},
		{forwarded, "10.0.0.1:1", ForwardedFor, "1.1.1.1, 198.51.100.7, 10.2.3.4", "198.51.100.7/32"},
		{forwarded, "[2001:db8::1]:1", ForwardedFor, "2001:db8:5:6:7::8", "2001:db8:5:6::/64"},
		{forwarded, "10.0.0.1:1", ForwardedFor, "nonsense", "10.0.0.1/32"},
		{forwarded, "10.0.0.1:1", "X-Real-IP", "198.51.100.7", "10.0.0.1/32"},
		{single, "10.0.0.1:1", "X-Real-IP", "198.51.100.7", "198.51.100.7/32"},
		{single, "10.0.0.2:1", "X-Real-IP", "198.51.100.7", "10.0.0.2/32"},
		{standard, "10.0.0.1:1", "Forwarded", `for=198.51.100.7;proto=https`, "198.51.100.7/32"},
		{standard, "10.0.0.1:1", "Forwarded", `for="[2001:db8::9]:4711"`, "2001:db8::/64"},
		{forwarded, "nonsense", ForwardedFor, "", "invalid Prefix"},
	} {
		g := NewGate(Config{Proxies: c.proxies})
		if got := identify(t, g, request(c.from, "/", c.header, c.sent)).ID(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	for _, bad := range [][]string{{"10.0.0.0/8", ""}, {"nonsense", ForwardedFor}} {
		if _, err := NewProxies(bad[:1], bad[1]); err == nil {
			t.Errorf("%v were read", bad)
		}
	}
}

// Clients without a key are forgotten one by one, however many come.
func TestAddressesAreBounded(t *testing.T) {
	g := NewGate(Config{Anonymous: Limits{Requests: Rate{1, time.Hour}}})
	for n := range mostAddresses + 1000 {
		identify(t, g, request(fmt.Sprintf("10.%d.%d.%d:1", n>>16, n>>8&255, n&255), "/"))
	}
	if n := g.anonymous.Len(); n != mostAddresses {
		t.Errorf("%d are remembered", n)
	}
}

func TestOriginsAreSitesWithTheirScheme(t *testing.T) {
	all, err := ParseOrigins([]string{"https://Example.org/", "https://*.example.net", "http://localhost:*", "http://127.0.0.1:5173"})
	if err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]bool{
		"https://example.org": true, "http://example.org": false, "https://example.org:8443": false, "https://evil-example.org": false, "https://example.org.evil.com": false,
		"https://a.example.net": true, "https://a.b.example.net": true, "https://example.net": false, "https://aexample.net": false, "http://a.example.net": false,
		"http://localhost:3000": true, "http://localhost": false, "http://localhost:": false, "http://localhost:3000.evil.com": false, "https://localhost:1": false,
		"http://127.0.0.1:5173": true, "http://127.0.0.1:5174": false, "null": false, "": false, "HTTPS://EXAMPLE.ORG": true,
	} {
		if all.Allow(origin) != want {
			t.Errorf("%s: %v", origin, !want)
		}
	}
	for _, text := range []string{"example.org", "https://", "https://a.*.org", "https://example.org/path", "**", "https://*"} {
		if _, err := ParseOrigins([]string{text}); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if o := LoopbackOrigins(); o.Allow("https://example.org") || !o.Allow("http://localhost") || !o.Allow("http://[::1]:8080") || o.check() != nil {
		t.Errorf("%v", o)
	}
}

// Items of the fields as draft-ietf-httpapi-ratelimit-headers-11 has them (sections 3.1
// and 4.1): a policy's name as a string of RFC 9651, and integers, strings and bytes as
// parameters, of which q and r are required and w is not zero.
const (
	policyItem = `"[ !#-\[\]-~]*";q=[0-9]{1,15}(;qu="[ !#-\[\]-~]*")?(;w=0*[1-9][0-9]{0,14})?(;pk=:[A-Za-z0-9+/=]*:)?`
	limitItem  = `"[ !#-\[\]-~]*";r=[0-9]{1,15}(;t=[0-9]{1,15})?(;pk=:[A-Za-z0-9+/=]*:)?`
)

// The draft's own examples.
var (
	draftPolicies = []string{`"burst";q=100;w=60,"daily";q=1000;w=86400`, `"default";q=100;w=10`, `"permin";q=50;w=60,"perhr";q=1000;w=3600`,
		`"peruser";q=100;w=60;pk=:cHsdsRa894==:`, `"peruser";q=65535;qu="content-bytes";w=10;pk=:sdfjLJUOUH==:`, `"somepolicy";q=10000;w=1000`}
	draftLimits = []string{`"default";r=50;t=30`, `"default";r=999;pk=:dHJpYWwxMjEzMjM=:`, `"default";r=300000000;t=60;pk=:QXBwLTk5OQ==:`,
		`"problemPolicy";r=0;t=10`, `"daily";r=1;t=86400`}
)

// The fields are those of the draft's own examples (sections 3 and 4): names of
// policies as strings, and what is told of each as parameters.
func TestFieldsAreTheDrafts(t *testing.T) {
	at := &clock{time.Unix(1_800_000_000, 0)}
	g := NewGate(Config{Anonymous: Limits{Requests: Rate{100, time.Minute}, Rows: Rate{5000, time.Hour}, RowsPerDay: 9000, AtOnce: 8}, Now: at.now})
	c := identify(t, g, request("192.0.2.1:1", "/"))
	done, refused := c.Admit(Operations)
	if refused != nil {
		t.Fatal(refused)
	}
	at.at = at.at.Add(29500 * time.Millisecond)
	if err := c.Spend(120); err != nil {
		t.Fatal(err)
	}
	policy, limit := c.Fields(Operations)
	if want := `"requests";q=100;w=60, "rows";q=5000;qu="rows";w=3600, "rows-per-day";q=9000;qu="rows";w=86400, "at-once";q=8;qu="concurrent-requests"`; policy != want {
		t.Errorf("RateLimit-Policy: %s", policy)
	}
	if want := `"requests";r=99;t=31, "rows";r=4880;t=3600, "rows-per-day";r=8880;t=86400, "at-once";r=7`; limit != want {
		t.Errorf("RateLimit: %s", limit)
	}
	done()
	if policy, limit := c.Fields(Pictures); !strings.HasPrefix(policy, `"pictures";q=2000;w=60`) || !strings.HasPrefix(limit, `"pictures";r=2000;t=60`) {
		t.Errorf("pictures: %s, %s", policy, limit)
	}
	held := map[string]bool{policy: true, limit: false}
	for _, example := range draftPolicies {
		held[example] = true
	}
	for _, example := range draftLimits {
		held[example] = false
	}
	for field, policies := range held { // ours are read as the draft's are
		items := limitItem
		if policies {
			items = policyItem
		}
		if !regexp.MustCompile(`^` + items + `( *, *` + items + `)*$`).MatchString(field) {
			t.Errorf("%s is no list of the draft's items", field)
		}
	}
	nobody := identify(t, NewGate(Config{}), request("192.0.2.1:1", "/"))
	if policy, limit := nobody.Fields(Operations); policy != "" || limit != "" {
		t.Errorf("without limits: %q, %q", policy, limit)
	}
}

// keyed is a gate with a file of two keys, whose texts it gives.
func keyed(t *testing.T, cfg Config) (g *Gate, path, secret, public string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys.json")
	err := ChangeKeys(path, func(keys []Key) ([]Key, error) {
		s, text := NewKey(Key{Name: "secret", Limits: Limits{Requests: Rate{2, time.Minute}, MaxCost: 10}}, time.Now())
		secret = text
		p, text := NewKey(Key{Name: "public", Publishable: true, Origins: Origins{"https://docs.example"}}, time.Now())
		public = text
		return append(keys, s, p), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := OpenKeyring(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Keys = ring
	return NewGate(cfg), path, secret, public
}

// Keys come in headers, and publishable ones in addresses; who sends a wrong one is
// told so, and not let in as if it had sent none.
func TestKeysTellWhoAsks(t *testing.T) {
	g, path, secret, public := keyed(t, Config{})
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{secret, public} {
		if strings.Contains(string(kept), text) || strings.Contains(string(kept), text[len(text)-20:]) {
			t.Error("the file has the key itself")
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode: %v, %v", info.Mode(), err)
	}
	const from = "192.0.2.1:1"
	for _, c := range []struct {
		r    *http.Request
		name string
		code fault.Code
	}{
		{request(from, "/graphql"), "", ""},
		{request(from, "/graphql", "Authorization", "Bearer "+secret), "secret", ""},
		{request(from, "/graphql", "Authorization", "bearer  "+secret), "secret", ""},
		{request(from, "/graphql", "X-API-Key", secret), "secret", ""},
		{request(from, "/graphql", "X-API-Key", secret, "Origin", "https://any.example"), "secret", ""},
		{request(from, "/graphql", "Authorization", "Basic eDp5"), "", ""}, // a proxy's
		{request(from, "/graphql", "Authorization", "Bearer "+secret[:len(secret)-1]+"x"), "", fault.Unauthenticated},
		{request(from, "/graphql", "Authorization", "Bearer nonsense"), "", fault.Unauthenticated},
		{request(from, "/graphql", "X-API-Key", "cqs_"), "", fault.Unauthenticated},
		{request(from, "/chart/x.svg?key=nonsense"), "", fault.Unauthenticated},
		{request(from, "/chart/x.svg?key=%zz"), "", fault.Unauthenticated},
		{request(from, "/chart/x.svg?last=9d&key="+secret), "", fault.Forbidden},
		{request(from, "/chart/x.svg?key="+public), "", fault.Forbidden},
		{request(from, "/chart/x.svg?key="+public, "Referer", "https://docs.example/page?x"), "public", ""},
		{request(from, "/chart/x.svg?key="+public, "Referer", "https://evil.example/https://docs.example"), "", fault.Forbidden},
		{request(from, "/graphql?key="+public, "Origin", "https://docs.example"), "public", ""},
		{request(from, "/graphql?key="+public, "Origin", "http://docs.example"), "", fault.Forbidden},
		{request(from, "/graphql?key="+public, "Origin", "https://evil.example", "Referer", "https://docs.example/"), "", fault.Forbidden},
		{request(from, "/graphql?key="+public, "Origin", "null"), "", fault.Forbidden},
		{request(from, "/graphql", "X-API-Key", public, "Origin", "https://docs.example"), "public", ""},
		{request(from, "http://gate.example/graphql?key="+public, "Origin", "http://gate.example"), "public", ""}, // our own pages
	} {
		client, err := g.Identify(c.r)
		switch {
		case c.code != "" && (err == nil || err.Code != c.code):
			t.Errorf("%s %v: %v, want %s", c.r.URL, c.r.Header, err, c.code)
		case c.code == "" && (err != nil || client.Name() != c.name):
			t.Errorf("%s %v: %q, %v", c.r.URL, c.r.Header, client.Name(), err)
		}
		if err != nil && (strings.Contains(err.Message, secret) || strings.Contains(err.Message, public)) {
			t.Errorf("the message has the key: %s", err.Message)
		}
	}
}

// A key's limits are its own, wherever it comes from.
func TestKeysHaveLimitsOfTheirOwn(t *testing.T) {
	g, _, secret, _ := keyed(t, Config{Anonymous: Limits{Requests: Rate{1, time.Minute}}})
	for n := range 3 {
		c := identify(t, g, request(fmt.Sprintf("192.0.2.%d:1", n), "/", "X-API-Key", secret))
		if _, err := c.Admit(Operations); (err != nil) != (n == 2) {
			t.Errorf("request %d: %v", n, err)
		}
		if c.MaxCost() != 10 {
			t.Errorf("largest cost: %d", c.MaxCost())
		}
	}
}

// What changes in the file holds from the next request on; what cannot be read
// changes nothing.
func TestKeysAreReadAgain(t *testing.T) {
	g, path, secret, _ := keyed(t, Config{})
	asks := request("192.0.2.1:1", "/", "X-API-Key", secret)
	open := identify(t, g, asks) // a socket, which stays open
	var second string
	for name, change := range map[string]func([]Key) ([]Key, error){
		"added": func(keys []Key) ([]Key, error) {
			k, text := NewKey(Key{Name: "second"}, time.Now())
			second = text
			return append(keys, k), nil
		},
	} {
		if err := ChangeKeys(path, change); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if c := identify(t, g, request("192.0.2.1:1", "/", "X-API-Key", second)); c.Name() != "second" {
		t.Errorf("added: %q", c.Name())
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{"{", `{"keys": 1}`, `{"keys": [{"origins": ["x"]}]}`} {
		if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		identify(t, g, asks)
		if err := ChangeKeys(path, func(keys []Key) ([]Key, error) { return keys, nil }); err == nil {
			t.Errorf("%s was changed", broken)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	identify(t, g, asks)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	err = ChangeKeys(path, func(keys []Key) ([]Key, error) {
		return keys[1:], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Identify(asks); err == nil || err.Code != fault.Unauthenticated {
		t.Errorf("revoked: %v", err)
	}
	if _, err := open.Admit(Operations); err == nil || err.Code != fault.Unauthenticated {
		t.Errorf("revoked, over a socket that is open: %v", err)
	}
	failed := errors.New("no")
	if err := ChangeKeys(path, func([]Key) ([]Key, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
}

// Commands at one time add each their key.
func TestKeysAreAddedOneAfterTheOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	const all = 20
	var adding sync.WaitGroup
	for range all {
		adding.Go(func() {
			if err := ChangeKeys(path, func(keys []Key) ([]Key, error) {
				k, _ := NewKey(Key{}, time.Now())
				return append(keys, k), nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	adding.Wait()
	if keys, err := ReadKeys(path); err != nil || len(keys) != all {
		t.Errorf("%d keys of %d, %v", len(keys), all, err)
	}
}

func TestAddressesLoseTheirKey(t *testing.T) {
	for query, want := range map[string]string{
		"": "", "last=9d": "last=9d", "key=a": "", "last=9d&key=a&by=x": "last=9d&by=x", "monkey=1": "monkey=1", "key=a&key=b": "", "a=key=b": "a=key=b",
	} {
		if got := WithoutKey(query); got != want {
			t.Errorf("%q: %q", query, got)
		}
	}
}

// Without a gate everybody may do everything.
func TestNobodyInParticular(t *testing.T) {
	c := Of(t.Context())
	done, err := c.Admit(Operations)
	if err != nil {
		t.Fatal(err)
	}
	done()
	if c.Spend(1<<62) != nil || c.MaxCost() != 0 || !c.Explains() || c.Name() != "" || c.ID() != "" {
		t.Errorf("%+v", c)
	}
}
