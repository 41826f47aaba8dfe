package tables

import (
	"testing"
)

func TestRedirect(t *testing.T) {
	source := ID{"pypi", "pypi"}
	for sql, want := range map[string]string{
		"SELECT a FROM pypi.pypi":                                      "SELECT a FROM s.pypi AS pypi",
		"SELECT a FROM pypi.pypi AS p WHERE p.a = 'pypi.pypi'":         "SELECT a FROM s.pypi AS p WHERE p.a = 'pypi.pypi'",
		"SELECT a FROM (SELECT b AS a FROM `pypi`.`pypi`) AS x":        "SELECT a FROM (SELECT b AS a FROM s.pypi AS pypi) AS x",
		"SELECT 'it\\'s pypi.pypi' FROM pypi.pypi":                     "SELECT 'it\\'s pypi.pypi' FROM s.pypi AS pypi",
		"SELECT a FROM pypi.pypi_downloads":                            "",
		"SELECT a FROM pypi.pypi WHERE a IN (SELECT a FROM pypi.pypi)": "",
		"SELECT a FROM xpypi.pypi":                                     "",
	} {
		got, err := redirect(sql, source, "s.pypi")
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", sql, got, err, want)
		}
	}
}
