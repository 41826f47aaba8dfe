//go:build amd64 || arm64

package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReaderReachesNoFile: whatever way the reader's SQL takes to the scalar
// function file, or to a format that works with files, it reads and writes none.
func TestReaderReachesNoFile(t *testing.T) {
	dir := t.TempDir()
	i := opened(t, Config{Dir: dir, Guests: []Guest{{Name: "guest"}}}).Info()
	file, written := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), "written.proto")
	if err := os.WriteFile(file, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	const refused = "Permission denied"
	for sql, why := range map[string]string{
		"SELECT file('/etc/passwd')":                                                                         refused,
		"SELECT file('" + dir + "/engine.json')":                                                             refused,
		"SELECT file('" + dir + "/accounts.json', 'default')":                                                refused,
		"SELECT file('" + file + "') SETTINGS enable_analyzer = 0":                                           refused,
		"SELECT `file`('engine.json')":                                                                       refused,
		"SELECT arrayMap(x -> file(x), ['" + file + "'])":                                                    refused,
		"SELECT * APPLY(file) FROM (SELECT '" + file + "' AS p)":                                             refused,
		"SELECT sum(length(file(concat('" + file + "', if(number < 0, 'x', ''))))) FROM numbers_mt(100000)":  refused,
		"SELECT count() FROM numbers(length(file('" + file + "')))":                                          refused,
		"SELECT number FROM numbers(9) LIMIT length(file('" + file + "'))":                                   refused,
		"SELECT toDateTime(0, file('" + file + "'))":                                                         refused,
		"SELECT * FROM merge('pypi', file('" + file + "'))":                                                  refused,
		"SELECT 1 AS x FORMAT Template SETTINGS format_template_resultset = '" + file + "'":                  "should not be changed",
		"SELECT 1 AS x FORMAT Template SETTINGS format_template_row = '" + file + "'":                        "should not be changed",
		"SELECT 1 AS x FORMAT Protobuf SETTINGS format_schema = '" + file + ":X'":                            "should not be changed",
		"SELECT 1 AS x FORMAT Protobuf SETTINGS output_format_schema = '" + written + "'":                    "should not be changed",
		"SELECT 1 AS x FORMAT AvroConfluent SETTINGS format_avro_schema_registry_url = 'http://127.0.0.1:1'": "should not be changed",
		"SELECT 1 INTO OUTFILE '" + written + "'":                                                            "not allowed",
		"SELECT * FROM filesystem('/etc')":                                                                   "READ ON FILE",
		"SELECT * FROM paimonLocal('/tmp/x')":                                                                "READ ON FILE",
		"SELECT * FROM icebergLocal('/tmp/x')":                                                               "READ ON FILE",
	} {
		accounts := map[string]string{i.ReadOnlyUser: i.ReadOnlyPassword, "guest": ""}
		for user, password := range accounts {
			got := ask(t, i.HTTP, user, password, sql)
			readonly := user == "guest" && strings.Contains(sql, "SETTINGS") && strings.Contains(got.text, "readonly")
			if got.code == "" || !strings.Contains(got.text, why) && !strings.Contains(got.text, refused) && !readonly {
				t.Errorf("%s: %s: %+v, want an error with %q", user, sql, got, why)
			}
			if strings.Contains(got.text, i.Password) || strings.Contains(got.text, "root:") {
				t.Errorf("%s: %s shows what is in the file", user, sql)
			}
		}
	}
	if _, err := os.Stat(written); err == nil {
		t.Errorf("%s has been written", written)
	}
	for sql, want := range map[string]string{
		"SELECT file('" + file + "')":                        "secret",
		"SELECT * FROM file('" + file + "', 'LineAsString')": "secret",
	} {
		if got := admin(t, i, sql); got != want {
			t.Errorf("the administrator: %s is %q", sql, got)
		}
	}
}
