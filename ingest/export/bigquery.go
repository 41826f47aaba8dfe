package export

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"clickql/ingest/ledger"
)

// Request says what BigQuery is to export, and where to.
type Request struct {
	Bucket string
	Prefix string // folder in the bucket; may be empty
	// From and To are the first and the last day, both included, of an export
	// day by day. Zero, they ask for one export of all days before Until.
	From, To time.Time
	// Until is the first day that is not over yet: exporting it now and again
	// later would bring its downloads twice.
	Until time.Time
}

// Query is one statement for BigQuery.
type Query struct {
	Kind ledger.Kind
	// Source names the exported objects to ingest.
	Source string
	SQL    string
}

// exportColumns are the exported columns of downloads, with the names that the
// feed reads them under.
const exportColumns = `  timestamp,
  country_code,
  url,
  project,
  STRUCT(file.filename AS filename, file.project AS project, file.version AS version, file.type AS type) AS file,
  details.installer AS installer,
  details.python AS python,
  details.implementation AS implementation,
  details.distro AS distro,
  details.system AS system,
  details.cpu AS cpu,
  details.openssl_version AS openssl_version,
  details.setuptools_version AS setuptools_version,
  details.rustc_version AS rustc_version,
  tls_protocol,
  tls_cipher,
  details.ci AS ci`

// bucketName and prefixName are what may stand in a statement as it is. A
// wildcard in a name would be BigQuery's own.
var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)
	prefixName = regexp.MustCompile(`^[A-Za-z0-9._=~+/-]*$`)
)

// Queries writes the statements: of each export the one of the downloads, then
// the one of the metadata of what was uploaded in the same time.
func (e Request) Queries() ([]Query, error) {
	e.Prefix = strings.Trim(e.Prefix, "/")
	switch {
	case !bucketName.MatchString(e.Bucket):
		return nil, fmt.Errorf("export to bucket %q: a bucket's name has three or more small letters, digits, dots, hyphens and underscores, without gs://", e.Bucket)
	case !prefixName.MatchString(e.Prefix):
		return nil, fmt.Errorf("export to prefix %q: use letters, digits and . _ = ~ + / - only", e.Prefix)
	case e.From.IsZero() != e.To.IsZero():
		return nil, errors.New("export a range: give both its first and its last day")
	case e.From.IsZero():
		return e.queries(time.Time{}, e.Until), nil
	case e.To.Before(e.From):
		return nil, fmt.Errorf("export %s to %s: the last day comes before the first", e.From.Format(time.DateOnly), e.To.Format(time.DateOnly))
	case !e.To.Before(e.Until):
		return nil, fmt.Errorf("export %s: the day is not over (UTC), and its later downloads would be missed: export it from the day after on", e.To.Format(time.DateOnly))
	}
	var all []Query
	for d := e.From; !d.After(e.To); d = d.AddDate(0, 0, 1) {
		all = append(all, e.queries(d, d.AddDate(0, 0, 1))...)
	}
	return all, nil
}

// queries writes the statements of one export, of the days from one on to
// before another; a zero from is the beginning.
func (e Request) queries(from, until time.Time) []Query {
	downloads, metadata := "file_downloads", "distribution_metadata"
	if !from.IsZero() {
		downloads = fmt.Sprint(from.Unix())
		metadata = downloads
	}
	var columns []string
	for _, l := range projectLeaves() {
		columns = append(columns, "  "+l.Path)
	}
	return []Query{
		e.query(ledger.Downloads, e.folder("")+downloads, exportColumns, "file_downloads", "timestamp", from, until),
		e.query(ledger.Projects, e.folder("projects/")+metadata, strings.Join(columns, ",\n"), "distribution_metadata", "upload_time", from, until),
	}
}

// folder is where objects go.
func (e Request) folder(below string) string {
	folder := "gs://" + e.Bucket + "/"
	if e.Prefix != "" {
		folder += e.Prefix + "/"
	}
	return folder + below
}

// query writes one statement. BigQuery puts twelve digits in the asterisk's place.
func (e Request) query(kind ledger.Kind, object, columns, table, clock string, from, until time.Time) Query {
	uri := object + "-*.parquet"
	where := clock + " < TIMESTAMP '" + until.Format(time.DateOnly) + " 00:00:00+00'"
	if !from.IsZero() {
		where = clock + " >= TIMESTAMP '" + from.Format(time.DateOnly) + " 00:00:00+00'\n  AND " + where
	}
	return Query{Kind: kind, Source: uri, SQL: "EXPORT DATA OPTIONS (\n  uri = '" + uri + "',\n  format = 'PARQUET',\n  compression = 'ZSTD',\n  overwrite = false\n) AS\n" +
		"SELECT\n" + columns + "\nFROM `bigquery-public-data.pypi." + table + "`\nWHERE " + where + ";\n"}
}
