package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// commandLine runs a command and gives what it wrote.
func commandLine(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(args, &out, &errs)
	return status, out.String(), errs.String()
}

// A key is shown once, on a line of its own; its name leads to it from then on.
func TestKeysAreAddedListedAndRevoked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	status, key, told := commandLine(t, "keys", "add", "--keys", path, "--name", "dashboard", "--rows-per-minute", "1000")
	if status != exitDone || strings.Count(key, "\n") != 1 || !strings.HasPrefix(key, "cqs_") || !strings.Contains(told, "dashboard") {
		t.Fatalf("%d %q %q", status, key, told)
	}
	if status, second, told := commandLine(t, "keys", "add", "--keys", path, "--publishable", "--origin", "https://docs.example"); status != exitDone || !strings.HasPrefix(second, "cqp_") || !strings.Contains(told, "key-1") {
		t.Fatalf("%d %q %q", status, second, told)
	}
	status, list, _ := commandLine(t, "keys", "list", "--keys", path)
	if status != exitDone || !strings.Contains(list, "dashboard") || !strings.Contains(list, "1000/1m") || !strings.Contains(list, "600/1m") || !strings.Contains(list, "https://docs.example") || strings.Contains(list, strings.TrimSpace(key)) {
		t.Errorf("%d %s", status, list)
	}
	for _, wrong := range [][]string{
		{"keys", "add", "--keys", path, "dashboard"}, {"keys", "revoke", "--keys", path, "nobody"}, {"keys", "list", "--keys", path + "x"},
	} {
		if status, _, told := commandLine(t, wrong...); status != exitFailed || told == "" {
			t.Errorf("%v: %d %s", wrong, status, told)
		}
	}
	for _, wrong := range [][]string{
		{"keys", "add"}, {"keys", "revoke", "--keys", path}, {"keys", "add", "--keys", path, "--publishable"}, {"keys", "add", "--keys", path, "--origin", "x"},
		{"keys", "add", "--keys", path, "--rows-per-day", "-1"}, {"keys", "add", "--keys", path, "a", "b"}, {"keys"},
	} {
		if status, _, told := commandLine(t, wrong...); status != exitUsage || told == "" {
			t.Errorf("%v: %d %s", wrong, status, told)
		}
	}
	if status, told, _ := commandLine(t, "keys", "revoke", "--keys", path, "dashboard", "key-1"); status != exitDone || !strings.Contains(told, "revoked dashboard, key-1") {
		t.Errorf("%d %s", status, told)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "dashboard") {
		t.Errorf("%s, %v", text, err)
	}
}
