package access

import "testing"

// Only this machine's names, and those of the sites, are names that it may be asked under.
func TestHosts(t *testing.T) {
	sites, err := ParseOrigins([]string{"https://example.org", "http://*.example.net:*", "https://other.org:8443"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8080": true, "LOCALHOST.:8080": true, "a.localhost": true, "127.0.0.1:8080": true, "127.1.2.3": true,
		"[::1]:8080": true, "[::1]": true, "[::ffff:127.0.0.1]:80": true, "": true,
		"example.org": true, "example.org:8080": true, "a.example.net": true, "other.org": true,
		"evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "notlocalhost": false, "example.net": false,
		"aexample.net": false, "a.example.org": false, "10.0.0.1": false, "[2001:db8::1]:80": false, "0.0.0.0:8080": false, "2130706433": false,
	} {
		if got := sites.Hosts(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	if !(Origins{"*"}).Hosts("evil.example") {
		t.Error("where every site may read, a name is refused")
	}
	if LoopbackOrigins().Hosts("evil.example") || !LoopbackOrigins().Hosts("localhost:1") {
		t.Error("pages of this machine")
	}
}
