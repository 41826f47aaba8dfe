package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLogTail(t *testing.T) {
	before := "Code: 1. DB::Exception: of an earlier run\n"
	noise := strings.Repeat("2026.11.20 13:50:33 <Warning> something\n", 20)
	for name, c := range map[string]struct{ log, want string }{
		"nothing":    {"", ""},
		"only noise": {noise, strings.TrimRight(strings.Repeat("2026.11.20 13:50:33 <Warning> something\n", 12), "\n")},
		"exception": {noise + "Code: 62. DB::Exception: Syntax error: ATTACH TABEL\n\n0. ? @ 0x000000001c8fa4b3\n1. DB::f() @ 0x01\nwhile loading\n",
			"Code: 62. DB::Exception: Syntax error: ATTACH TABEL\nwhile loading"},
		"the last exception": {"Code: 1. DB::Exception: first\nCode: 2. DB::Exception: second\n", "Code: 2. DB::Exception: second"},
		"no exception":       {"panic: oh\n", "panic: oh"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(path, []byte(before+c.log), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := logTail(path, int64(len(before))); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestLogIsRotated(t *testing.T) {
	dir := t.TempDir()
	log := layout(dir).log()
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, make([]byte, logKeep+1), 0o600); err != nil {
		t.Fatal(err)
	}
	opened(t, Config{Dir: dir})
	if st, err := os.Stat(log); err != nil || st.Size() > logKeep {
		t.Errorf("the log is as long as it was: %v", err)
	}
	if _, err := os.Stat(log + ".1"); err != nil {
		t.Error(err)
	}
}
