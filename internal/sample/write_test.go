package sample

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clickql/internal/chtest"
)

// digests are the hashes of a sample's files.
func digests(t *testing.T, dir string, files []string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		sums[f] = fmt.Sprintf("%x", sha256.Sum256(content))
	}
	return sums
}

func TestSameArgumentsGiveTheSameBytes(t *testing.T) {
	db := chtest.New(t)
	a, b, c := t.TempDir(), t.TempDir(), t.TempDir()
	first, second := write(t, db.Conn, small(a)), write(t, db.Conn, small(b))
	if !slices.Equal(first.Files, second.Files) || first.Rejected != second.Rejected {
		t.Fatalf("other files: %+v, %+v", first, second)
	}
	same, again := digests(t, a, first.Files), digests(t, b, second.Files)
	for f, sum := range same {
		if again[f] != sum {
			t.Errorf("%s differs between two runs", f)
		}
	}
	other := small(c)
	other.Seed++
	third := write(t, db.Conn, other)
	for f, sum := range digests(t, c, third.Files) {
		if strings.HasPrefix(f, DownloadsDir) && same[f] == sum {
			t.Errorf("%s is the same with another seed", f)
		}
	}
}

func TestShapes(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	write(t, db.Conn, small(dir))
	const s, nullable = "Nullable(String)", ": Nullable(String)"
	structure := func(from string) string { return describe(t, db.Conn, from) }
	strs := func(names ...string) string {
		for i := range names {
			names[i] += nullable
		}
		return strings.Join(names, "\n")
	}
	const at = "timestamp: Nullable(DateTime64(6, 'UTC'))\n"
	want := at + strs("country_code", "url", "project") +
		"\nfile: Tuple(filename " + s + ", project " + s + ", version " + s + ", type " + s + ")" +
		"\ninstaller: Tuple(name " + s + ", version " + s + ")\n" + strs("python") +
		"\nimplementation: Tuple(name " + s + ", version " + s + ")" +
		"\ndistro: Tuple(name " + s + ", version " + s + ", id " + s + ", libc Tuple(lib " + s + ", version " + s + "))" +
		"\nsystem: Tuple(name " + s + ", release " + s + ")\n" +
		strs("cpu", "openssl_version", "setuptools_version", "rustc_version", "tls_protocol", "tls_cipher") + "\nci: Nullable(Bool)"
	if got := structure(daily(dir)); got != want {
		t.Errorf("nested:\n%s\nwant\n%s", got, want)
	}
	want = at + strs("country_code", "url", "project", "file.filename", "file.project", "file.version", "file.type",
		"installer.name", "installer.version", "python", "implementation.name", "implementation.version",
		"distro.name", "distro.version", "distro.id", "distro.libc.lib", "distro.libc.version", "system.name", "system.release",
		"cpu", "openssl_version", "setuptools_version", "rustc_version", "tls_protocol", "tls_cipher")
	if got := structure(bulk(dir)); got != want {
		t.Errorf("flattened:\n%s\nwant\n%s", got, want)
	}
	// The columns of the table projects, whose Nullable the load takes away.
	list := "Array(String)"
	text := "String"
	for column, typ := range map[string]string{
		"metadata_version": text, "name": text, "version": text, "summary": text, "description": text, "description_content_type": text,
		"author": text, "author_email": text, "maintainer": text, "maintainer_email": text, "license": text, "keywords": text,
		"classifiers": list, "platform": list, "home_page": text, "download_url": text, "requires_python": text, "requires": list,
		"provides": list, "obsoletes": list, "requires_dist": list, "provides_dist": list, "obsoletes_dist": list,
		"requires_external": list, "project_urls": list, "uploaded_via": text, "upload_time": "DateTime64(6, 'UTC')", "filename": text,
		"size": "Int64", "path": text, "python_version": text, "packagetype": text, "comment_text": text, "has_signature": "Bool",
		"md5_digest": text, "sha256_digest": text, "blake2_256_digest": text,
	} {
		got := "\n" + strings.NewReplacer("Nullable(String)", "String").Replace(structure(releases(dir))) + "\n"
		if !strings.Contains(got, "\n"+column+": "+typ+"\n") {
			t.Errorf("metadata lacks %s %s:%s", column, typ, got)
		}
	}
}

func TestCountsAreExact(t *testing.T) {
	db := chtest.New(t)
	for _, o := range []Options{
		{Rows: 0, Days: 3, Projects: 1}, {Rows: 1, Days: 1, Projects: 1}, {Rows: 10, Days: 400, Projects: 20},
		{Rows: 1000, Days: 1, Projects: 3}, {Rows: 30_000, Days: 9, Projects: 700}, {Rows: 50_000, Days: 3, Projects: 40},
	} {
		t.Run(fmt.Sprintf("%d rows %d days %d projects", o.Rows, o.Days, o.Projects), func(t *testing.T) {
			o.Dir, o.Until = t.TempDir(), defaultUntil.time()
			var reported int64
			r, err := Write(t.Context(), db.Conn, o, func(done, total int64) {
				if reported = done; total != o.Rows {
					t.Errorf("progress: %d of %d", done, total)
				}
			})
			if err != nil || r.Rows != o.Rows || reported != o.Rows {
				t.Fatalf("%+v, %v, progress %d", r, err, reported)
			}
			count := func(query string) int64 {
				var n uint64
				one(t, db.Conn, query, &n)
				return int64(n)
			}
			var rows, rejected int64
			for _, from := range []string{bulk(o.Dir), daily(o.Dir)} {
				if slices.ContainsFunc(r.Files, func(f string) bool {
					return strings.Contains(f, "file_downloads-") == (from == bulk(o.Dir)) && strings.HasPrefix(f, DownloadsDir)
				}) {
					rows += count("SELECT count() FROM " + from)
					rejected += count("SELECT countIf(project IS NULL OR timestamp IS NULL) FROM " + from)
				}
			}
			if rows != o.Rows || rejected != r.Rejected {
				t.Errorf("%d rows, %d of them rejected; want %d, %d", rows, rejected, o.Rows, r.Rejected)
			}
			if n := count("SELECT count() FROM " + releases(o.Dir)); n != r.Releases {
				t.Errorf("%d rows of metadata, want %d", n, r.Releases)
			}
		})
	}
}

func TestDailyFilesHoldTheirDay(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	o := small(dir)
	write(t, db.Conn, o)
	var files, wrong uint64
	one(t, db.Conn, "SELECT uniq(_file), countIf(toUnixTimestamp(toStartOfDay(assumeNotNull(timestamp))) != toUInt32(splitByChar('-', _file)[1])) FROM "+daily(dir), &files, &wrong)
	if files != uint64(o.Days-bulkDays(o.Days)) || wrong != 0 {
		t.Errorf("%d daily files with %d rows of other days", files, wrong)
	}
}

func TestReplacesOwnFilesOnly(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	o := Options{Dir: dir, Rows: 500, Days: 9, Projects: 4, Seed: 1, Until: defaultUntil.time()}
	write(t, db.Conn, o)
	o.Days = 3
	second := write(t, db.Conn, o)
	if got := listFiles(t, dir); !slices.Equal(got, slices.Sorted(slices.Values(second.Files))) {
		t.Errorf("files %v, want %v", got, second.Files)
	}
	foreign := filepath.Join(dir, DownloadsDir, "mine.parquet")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), db.Conn, o, nil); !errors.Is(err, ErrForeignFiles) {
		t.Errorf("beside a foreign file: %v", err)
	}
}

func TestFailureKeepsTheEarlierSample(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	o := Options{Dir: dir, Rows: 500, Days: 9, Projects: 4, Seed: 1, Until: defaultUntil.time()}
	first := write(t, db.Conn, o)
	before := digests(t, dir, first.Files)
	out, err := openOutput(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), db.Conn, o, nil); err == nil {
		t.Error("two writers in one directory")
	}
	out.close()
	closed := chtest.New(t).Conn
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	o.Seed = 2
	if _, err := Write(t.Context(), closed, o, nil); err == nil {
		t.Fatal("wrote over a closed connection")
	}
	for f, sum := range digests(t, dir, first.Files) {
		if before[f] != sum {
			t.Errorf("%s was touched by a sample that failed", f)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, privateName)); err == nil {
		t.Error("unfinished files were left")
	}
}

// listFiles are the files in the folders of a sample.
func listFiles(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	for _, folder := range []string{DownloadsDir, ProjectsDir, GitHubDir} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, filepath.Join(folder, e.Name()))
		}
	}
	slices.Sort(list)
	return list
}
