package web

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAddress gives a file one name however it is written, and refuses what is no
// name of a file.
func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"https://Host.example/a.parquet":       "https://host.example/a.parquet",
		"HTTPS://host:443/a.parquet":           "https://host/a.parquet",
		"https://host:8443/%61/b c.parquet":    "https://host:8443/a/b%20c.parquet",
		"https://host/b%20c.parquet":           "https://host/b%20c.parquet",
		"https://host/a%2fb/50%25,é.parquet":   "https://host/a%2Fb/50%25,%C3%A9.parquet",
		"https://host/1%2A.parquet":            "https://host/1%2A.parquet",
		"http://127.0.0.1:8000/a.parquet":      "http://127.0.0.1:8000/a.parquet",
		"http://[::1]:80/a.parquet":            "http://[::1]/a.parquet",
		"http://localhost/a+b|c&d=e.parquet":   "http://localhost/a%2Bb%7Cc&d=e.parquet",
		"https://user:hunter2@host/a.parquet":  "no place for them",
		"https://user:hun/ter2@host/a.parquet": "no place for them",
		"https://host/a.parquet?sig=hunter2":   "query",
		"https://host?sig=hunter2":             "query",
		"https://host/a.parquet#hunter2":       "fragment",
		"http://host.example/a.parquet":        "give https://",
		"http://127.0.0.1.example/a.parquet":   "give https://",
		"https:///a.parquet":                   "name one server",
		"https://*.example/a.parquet":          "name one server",
		"https://host":                         "https://host/",
		"https://host/a/../b.parquet":          "without . and ..",
		"https://host/50%.parquet":             "%25",
	} {
		a, err := parseAddress(text)
		got := a.String()
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) || strings.Contains(got, "hunter2") {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestExpandBraces(t *testing.T) {
	for pattern, want := range map[string]string{
		"/a": "/a", "/{a,b}": "/a /b", "/{a,b{1,2}}/{x}": "/a/x /b1/x /b2/x", "/{,s}x": "/x /sx", "/{a": "not closed", "/a},b": "/a},b",
		"/" + strings.Repeat("{0,1,2,3,4,5,6,7,8,9}", 5): "more than",
	} {
		all, err := expandBraces(pattern)
		if got := strings.Join(all, " "); got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %s, %v; want %s", pattern, got, err, want)
		}
	}
}

// TestLinks reads the index pages of some servers, and takes nothing from one that is
// not directly below it on the same server.
func TestLinks(t *testing.T) {
	base, err := url.Parse("https://host/data/2024/")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ page, files, folders string }{
		{`<html><pre><a href="../">../</a><a href="a%20b.parquet">a b</a>  <a href="deep/">deep/</a></pre>`, "a b.parquet", "deep"},                                                   // nginx
		{`<th><a href="?C=N;O=D">Name</a></th><a href="/data/">Parent</a><a href="a.parquet">a</a><a href="a.parquet"><img></a>`, "a.parquet", ""},                                    // Apache
		{`<ul><li><a href="./b.parquet">b</a><li><a href="/data/2024/c.parquet">c</a><li><a href="https://host/data/2024/d.parquet">d</a></ul>`, "b.parquet c.parquet d.parquet", ""}, // Caddy
		{`<a href="https://other/data/2024/e.parquet"><a href="http://host/data/2024/e.parquet"><a href="//other/data/2024/e.parquet"><a href="https://u@host/data/2024/e.parquet">`, "", ""},
		{`<a href="../2023/e.parquet"><a href="e.parquet?x=1"><a href="e.parquet#x"><a href="deep/e.parquet"><a href="javascript:x"><a href="http://[::1"><a>`, "", ""},
		{`<!-- <a href="e.parquet"> --><script>"<a href='e.parquet'>"</script><A HREF='f%2Fg.parquet'>`, "f/g.parquet", ""},
	} {
		files, folders := links([]byte(c.page), base)
		if strings.Join(files, " ") != c.files || strings.Join(folders, " ") != c.folders {
			t.Errorf("%s: %q and %q, want %q and %q", c.page, files, folders, c.files, c.folders)
		}
	}
}

func TestNetrc(t *testing.T) {
	file := filepath.Join(t.TempDir(), "netrc")
	content := "# logins\nmachine A.example login one password p1 # none\nmachine b.example\n\tlogin two\n\tpassword p2\n" +
		"macdef init\nmachine c.example login three\n\ndefault login anybody password p4\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	logins := readNetrc(file)
	if len(logins) != 2 || logins["a.example"] != (login{"one", "p1"}) || logins["b.example"] != (login{"two", "p2"}) {
		t.Errorf("%+v", logins)
	}
	if none := readNetrc(file + ".not"); len(none) > 0 {
		t.Errorf("no file: %+v", none)
	}
}

// TestPaths: ClickHouse gives a file's path without its server, and so one url() reads
// files of one server.
func TestPaths(t *testing.T) {
	s := New(Config{Netrc: "-"})
	for name, want := range map[string]string{"https://host/a/b%20c": "/a/b%20c", "http://127.0.0.1:80/x": "/x"} {
		if got := s.Path(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]bool{"https://host/a": true, "HTTP://host/a": true, "gs://b/o": false, "/a/https": false} {
		if got := s.Owns(name); got != want {
			t.Errorf("%s is a web server's: %v", name, got)
		}
	}
	if kinds := []bool{isList(address{path: "/a.txt"}), isList(address{path: "/*.txt"}), isList(address{path: "/a.parquet"})}; !slices.Equal(kinds, []bool{true, false, false}) {
		t.Errorf("lists: %v", kinds)
	}
}
