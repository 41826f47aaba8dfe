package main

import (
	"bufio"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"clickql/ingest/azure"
	"clickql/ingest/export"
	"clickql/ingest/gcs"
	"clickql/ingest/s3"
	"clickql/ingest/web"
)

const sourceHelp = `SOURCE is one of these, or a pattern of it, in quotes:

  gs://bucket/object            Google Cloud Storage
  s3://bucket/object            S3, or a store that speaks its protocol
  az://ACCOUNT.blob.core.windows.net/container/path  Azure's Blob Storage
  https://host/path.parquet     a web server; patterns read its index pages
  https://host/path.txt         a list of names on that server, one on a line
  path                          a file on the ClickHouse server's own disk
  -                             the names of such on standard input, one on a line

The same file at the same generation is loaded once, however often it is named
and however often this is run or killed. Both this command, which lists, and the
ClickHouse server, which reads, must reach it.

Google: buckets are listed with Google's default credentials, or anonymously where
there are none. ClickHouse knows HMAC keys only: for a private bucket make one
(gcloud storage hmac create ACCOUNT) and give it with --gcs-hmac-key and
CLICKQL_GCS_HMAC_SECRET. STORAGE_EMULATOR_HOST names an emulator.
AWS: credentials of the environment, of the profile in its files (AWS_PROFILE) or
of the role of the container or machine, or none; ClickHouse reads with the same,
or with its server's own (--s3-server-keys). AWS_ENDPOINT_URL names another store.
Azure: AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY
or AZURE_STORAGE_SAS_TOKEN, or none; ClickHouse reads with the same.
Web: logins are read from the netrc file (~/.netrc, or the one that NETRC names);
http is for loopback only. Keys, secrets and logins are stored and logged nowhere.`

// access adds the flags that say how sources are read.
func (f *ingestFlags) access(flags *pflag.FlagSet) {
	flags.StringVar(&f.hmacKey, "gcs-hmac-key", "", "access `id` of an HMAC key, with which ClickHouse reads private buckets of Google's")
	flags.StringVar(&f.hmacSecret, "gcs-hmac-secret", "", "`secret` of the HMAC key; better given as CLICKQL_GCS_HMAC_SECRET, since other users see command lines")
	flags.BoolVar(&f.anonymous, "gcs-anonymous", false, "list public buckets without looking for Google credentials")
	flags.BoolVar(&f.s3Anonymous, "s3-anonymous", false, "list and read public buckets of S3 without looking for AWS credentials")
	flags.BoolVar(&f.s3ServerKeys, "s3-server-keys", false, "have ClickHouse read S3 with the credentials of its own server, such as its role, instead of this command's")
}

// sources prepares to read what is not on the ClickHouse server's disk. shut ends the
// connections.
func (f *ingestFlags) sources() (sources []export.Source, shut func() error, err error) {
	if (f.hmacKey == "") != (f.hmacSecret == "") {
		return nil, nil, usagef("--gcs-hmac-key and --gcs-hmac-secret are given together")
	}
	if f.s3Anonymous && f.s3ServerKeys {
		return nil, nil, usagef("--s3-anonymous and --s3-server-keys exclude one another")
	}
	google := gcs.New(gcs.Config{HMACKey: f.hmacKey, HMACSecret: f.hmacSecret, Anonymous: f.anonymous})
	amazon := s3.New(s3.Config{Anonymous: f.s3Anonymous, ServerKeys: f.s3ServerKeys})
	return []export.Source{google, amazon, azure.New(), web.New(web.Config{})}, google.Close, nil
}

// stdinName is the SOURCE that stands for the names on standard input.
const stdinName = "-"

// names completes a command line's SOURCEs: those on standard input take the place of
// -, and local paths are made to mean the same to the embedded engine, which runs
// elsewhere, as to whoever typed them.
func (a *app) names(sources []string) ([]string, error) {
	var out []string
	for _, s := range sources {
		listed := []string{s}
		if s == stdinName {
			var err error
			if listed, err = a.listedNames(); err != nil {
				return nil, err
			}
		}
		for _, name := range listed {
			if a.clickhouse == "" && !strings.Contains(name, "://") {
				path, err := filepath.Abs(name)
				if err != nil {
					return nil, fmt.Errorf("resolve the path %s: %w", name, err)
				}
				name = path
			}
			out = append(out, name)
		}
	}
	return out, nil
}

// maxNameLine bounds a line of names, in bytes.
const maxNameLine = 1 << 20

// listedNames reads the names on standard input, one on a line. Empty lines and those
// that begin with # are passed over.
func (a *app) listedNames() ([]string, error) {
	var names []string
	lines := bufio.NewScanner(a.stdin)
	lines.Buffer(nil, maxNameLine)
	for lines.Scan() {
		if name := strings.TrimSpace(lines.Text()); name != "" && name[0] != '#' {
			names = append(names, name)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the names on standard input: %w", err)
	}
	if len(names) == 0 {
		return nil, usagef("SOURCE is -, but standard input names nothing: give it one SOURCE on a line")
	}
	return names, nil
}
