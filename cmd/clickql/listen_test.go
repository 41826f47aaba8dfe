package main

import (
	"errors"
	"net"
	"strings"
	"testing"

	"clickql/ingest/verify"
)

func TestListenSaysWhatToDo(t *testing.T) {
	first, err := listen("--addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	if base := baseURL(first.Addr(), false); base == "http://127.0.0.1:0" || !strings.HasPrefix(base, "http://127.0.0.1:") {
		t.Errorf("base %q", base)
	}

	_, err = listen("--addr", first.Addr().String())
	if err == nil || !strings.Contains(err.Error(), first.Addr().String()) || !strings.Contains(err.Error(), "--addr 127.0.0.1:0") {
		t.Errorf("in use: %v", err)
	}
	_, err = listen("--addr", "8080")
	if wrong := new(usageError); !errors.As(err, wrong) {
		t.Errorf("not an address: %v", err)
	}
}

func TestBaseURL(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:80":     "http://localhost:80",
		"[::]:8080":      "http://localhost:8080",
		"[::1]:8080":     "http://[::1]:8080",
		"127.0.0.1:8080": "http://127.0.0.1:8080",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := baseURL(tcp, false); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

func TestCurlSurvivesQuotes(t *testing.T) {
	if got := verify.ShellQuote(`it's`); got != `'it'\''s'` {
		t.Errorf("%s", got)
	}
}
