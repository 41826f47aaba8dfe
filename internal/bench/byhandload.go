package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"clickql/internal/sample"
)

// shape is one of the two shapes of the export, as patterns of file names and
// as the names of what is nested or flattened.
type shape struct {
	files string
	leaf  func(path string) string
	ci    string
}

// shapes are the flattened bulk export and the nested daily one.
func shapes() []shape {
	return []shape{
		{files: "file_downloads-*.parquet", leaf: func(path string) string { return "`" + path + "`" }, ci: "NULL"},
		{files: "1*.parquet", leaf: func(path string) string { return path }, ci: "ci"},
	}
}

// bareInsert loads files of a shape, read by a table function, with one INSERT
// SELECT, as an expert would write it; the views do the rest.
func (s shape) bareInsert(from string) string {
	leaf := func(path string) string { return "ifNull(" + s.leaf(path) + ", '')" }
	exprs := []string{
		"toDate(timestamp, 'UTC')", "ifNull(country_code, '')", "project", leaf("file.type"), leaf("installer.name"),
		"substringIndex(ifNull(python, ''), '.', 2)", leaf("system.name"), leaf("file.version"),
		"multiIf(" + s.ci + " IS NULL, 'unknown', " + s.ci + ", 'true', 'false')",
		leaf("file.filename"), "(" + leaf("distro.libc.lib") + ", " + leaf("distro.libc.version") + ")",
	}
	return "INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version, ci, filename, libc) SELECT " +
		strings.Join(exprs, ", ") + " FROM " + from + " WHERE project != '' AND timestamp IS NOT NULL"
}

// copyTo reads the files of a shape and writes the same rows to one other file.
func (s shape) copyTo(dir, file string) string {
	return fmt.Sprintf("INSERT INTO FUNCTION file(%s, 'Parquet') SELECT * FROM %s SETTINGS engine_file_truncate_on_insert = 1", literal(file), s.from(dir))
}

// from is the table function that reads the shape's files.
func (s shape) from(dir string) string {
	return "file(" + literal(s.pattern(dir)) + ", 'Parquet')"
}

func (s shape) pattern(dir string) string { return filepath.Join(dir, sample.DownloadsDir, s.files) }

// present are the shapes that a sample has files of.
func present(dir string) ([]shape, error) {
	var out []shape
	for _, s := range shapes() {
		found, err := filepath.Glob(s.pattern(dir))
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}
