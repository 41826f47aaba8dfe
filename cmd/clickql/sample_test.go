package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSampleUsage(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no directory":   {nil, "--out"},
		"negative rows":  {[]string{"--out", dir, "--rows", "-1"}, "rows is -1"},
		"no days":        {[]string{"--out", dir, "--days", "0"}, "days is 0"},
		"no projects":    {[]string{"--out", dir, "--projects", "0"}, "projects is 0"},
		"no such day":    {[]string{"--out", dir, "--until", "2026-02-30"}, "2026-10-31"},
		"too early":      {[]string{"--out", dir, "--until", "2014-01-01"}, "2013-07-01"},
		"before project": {[]string{"--out", dir, "--until", "2014-01-01", "--days", "1", "--projects", "1"}, "none of the first 1 projects"},
		"an argument":    {[]string{dir}, "no arguments"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"sample", "--data", filepath.Join(dir, "data")}, c.args...)
			status, _, stderr := clickql(args...)
			if status != exitUsage || !strings.Contains(stderr, c.want) {
				t.Errorf("status %d and %q, want %d and %q", status, stderr, exitUsage, c.want)
			}
		})
	}
}

func TestSampleCommand(t *testing.T) {
	dir := t.TempDir()
	out, data := filepath.Join(dir, "out"), filepath.Join(dir, "data")
	status, stdout, stderr := clickql("sample", "--data", data, "--out", out, "--rows", "50", "--days", "6", "--projects", "3")
	if status != exitDone || !strings.Contains(stdout, "50 downloads of 3 projects from 2026-10-26 to 2026-10-31") {
		t.Fatalf("status %d, %q, %q", status, stdout, stderr)
	}
	files, err := filepath.Glob(filepath.Join(out, "file_downloads", "*.parquet"))
	if err != nil || len(files) != 5 { // one in bulk, four daily
		t.Errorf("files %v, %v", files, err)
	}
	if _, err := os.Stat(data); err == nil {
		t.Errorf("sample left a data directory behind")
	}
	if status, _, stderr := clickql("sample", "--data", data, "--out", dir+"/a*b", "--rows", "1"); status != exitUsage || !strings.Contains(stderr, "another directory") {
		t.Errorf("a pattern as directory: status %d, %q", status, stderr)
	}
}
