//go:build amd64 || arm64

package guard

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestReason tells which calls had to succeed, and what to do where one did not.
func TestReason(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	open := func(path string, flags int) int32 {
		t.Helper()
		f, err := os.OpenFile(path, flags, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return int32(f.Fd())
	}
	in, out := filepath.Join(dir, "data.bin"), filepath.Join(elsewhere, "export.parquet")
	for _, path := range []string{in, out} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pipe.Close() })
	for what, c := range map[string]struct {
		fd    int32
		errno syscall.Errno
		want  string
	}{
		"a read of the data":          {open(in, os.O_RDONLY), syscall.EIO, "read " + in + ": input/output error; its disk fails: put a copy of its directory on another"},
		"a read of an export":         {open(out, os.O_RDONLY), syscall.EIO, ""},
		"a read of a neighbour":       {open(dir+"/../"+filepath.Base(elsewhere)+"/export.parquet", os.O_RDONLY), syscall.EIO, ""},
		"a write of the data":         {open(in, os.O_WRONLY), syscall.ENOSPC, "write " + in + ": no space left on device; free space on its disk"},
		"a write within a quota":      {open(in, os.O_RDWR), syscall.EDQUOT, "write " + in + ": disk quota exceeded; free space on its disk"},
		"a write elsewhere":           {open(out, os.O_WRONLY), syscall.EIO, "write " + out + ": input/output error; its disk fails: put a copy of its directory on another"},
		"what a file cannot do":       {open(in, os.O_RDONLY), syscall.EOPNOTSUPP, ""},
		"a file not open for it":      {open(in, os.O_RDONLY), syscall.EBADF, ""},
		"a pipe":                      {int32(pipe.Fd()), syscall.EPIPE, ""},
		"a setting of the kernel":     {open("/proc/self/oom_score_adj", os.O_WRONLY), syscall.EACCES, ""},
		"standard error":              {2, syscall.ENOSPC, ""},
		"a descriptor closed by then": {1 << 20, syscall.EIO, ""},
	} {
		got := ""
		if err := (&question{subject: c.fd, errno: int32(c.errno)}).reason(dir); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}
