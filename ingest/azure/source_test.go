package azure

import (
	"os"
	"strings"
	"testing"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/internal/chtest"
	"clickql/internal/sourcetest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// bucket is how the container of the tests is named.
const bucket = scheme + exporter + ".blob.core.windows.net/exports"

// alone takes from a test what this machine's user has of Azure.
func alone(t *testing.T) {
	t.Helper()
	for _, name := range []string{connectionVariable, accountVariable, keyVariable, signatureVariable} {
		t.Setenv(name, "")
	}
}

// fake starts a service with a container, which a connection string names.
func fake(t *testing.T, credentials string) *fakeContainer {
	t.Helper()
	alone(t)
	c := startFake("exports")
	t.Cleanup(c.Stop)
	t.Setenv(connectionVariable, "DefaultEndpointsProtocol=http;AccountName="+exporter+";BlobEndpoint="+c.Endpoint()+";"+credentials)
	return c
}

// store is a container of an account whose key is known.
func store(t *testing.T) sourcetest.Store {
	t.Helper()
	c := fake(t, "AccountKey="+exporterKey)
	return sourcetest.Store{Source: New(), Bucket: bucket, Put: c.Put, Remove: c.Remove}
}

func TestLoad(t *testing.T)              { sourcetest.Loads(t, store(t)) }
func TestReplacedWhileRead(t *testing.T) { sourcetest.ReplacedWhileRead(t, store(t)) }
func TestVanishes(t *testing.T)          { sourcetest.Vanishes(t, store(t)) }
func TestListErrors(t *testing.T)        { sourcetest.ListErrors(t, store(t)) }
func TestRanges(t *testing.T)            { sourcetest.Ranges(t, store(t)) }

// TestCredentials lists and reads with what the environment gives, which is in no
// statement's text, and says what to do where that does not do.
func TestCredentials(t *testing.T) {
	for _, c := range []struct{ name, credentials, require, want string }{
		{"public", "", "", ""},
		{"key", "AccountKey=" + exporterKey, "SharedKey " + exporter + ":", ""},
		{"signature", "SharedAccessSignature=sv=2024-11-04&sp=rl&sig=hunter2", "sig=hunter2", ""},
		{"another signature", "SharedAccessSignature=sv=2024-11-04&sp=r&sig=hunter2", "sig=other", "the permissions to read and to list"},
		{"none", "", "sig=hunter2", "no credentials of the account " + exporter + " were found"},
		{"malformed", "AccountKey=hunter2", "", "the Azure credentials are malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := fake(t, c.credentials)
			db := chtest.NewWithSchema(t)
			server.Put("a.parquet", db.Export(t, 1, 10))
			server.Require(c.require)
			var texts strings.Builder
			_, err := ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{New()}, Before: func(sql string) error {
				texts.WriteString(sql)
				return nil
			}}).Run(t.Context(), ledger.Downloads, bucket+"/*.parquet")
			if c.want == "" && (err != nil || db.Downloads(t) != 10) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q; %d rows in the table", err, c.want, db.Downloads(t))
			}
			for _, secret := range []string{exporterKey, "hunter2"} {
				if strings.Contains(texts.String(), secret) || err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("%s is in the statements or in the error %v", secret, err)
				}
			}
		})
	}
}

// TestAccounts gives an account's credentials to that account alone, however they are
// told.
func TestAccounts(t *testing.T) {
	const host = "exporter.blob.core.windows.net"
	for _, c := range []struct {
		env  map[string]string
		want string // the connection string, or the error
	}{
		{nil, "BlobEndpoint=https://" + host},
		{map[string]string{accountVariable: "exporter", keyVariable: "a2V5"}, "BlobEndpoint=https://" + host + ";AccountName=exporter;AccountKey=a2V5"},
		{map[string]string{accountVariable: "exporter", signatureVariable: "?sv=1&sig=x"}, "BlobEndpoint=https://" + host + ";SharedAccessSignature=sv=1&sig=x"},
		{map[string]string{accountVariable: "other", keyVariable: "a2V5"}, "BlobEndpoint=https://" + host},
		{map[string]string{connectionVariable: "BlobEndpoint=https://other.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x"}, "BlobEndpoint=https://" + host},
		{map[string]string{connectionVariable: "BlobEndpoint=https://" + host + "/;SharedAccessSignature=sv=1&sig=x"}, "BlobEndpoint=https://" + host + ";SharedAccessSignature=sv=1&sig=x"},
		{map[string]string{connectionVariable: "DefaultEndpointsProtocol=https;AccountName=exporter;AccountKey=a2V5==;EndpointSuffix=core.windows.net"}, "BlobEndpoint=https://" + host + ";AccountName=exporter;AccountKey=a2V5=="},
		{map[string]string{keyVariable: "hunter2"}, accountVariable + " is not set"},
		{map[string]string{connectionVariable: "hunter2"}, "names no account"},
		{map[string]string{connectionVariable: "AccountName=exporter;BlobEndpoint=https://user:hunter2@host"}, "is no address"},
	} {
		alone(t)
		for name, value := range c.env {
			t.Setenv(name, value)
		}
		a, err := accountOf(host)
		got := a.connection()
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) || strings.Contains(got, "hunter2") {
			t.Errorf("%v: %s, want %s", c.env, got, c.want)
		}
	}
}

// TestAddress refuses what names no account, and a signature without repeating it.
func TestAddress(t *testing.T) {
	alone(t)
	for pattern, want := range map[string]string{
		"az://exports/a.parquet":               "name the account too",
		"az:///exports/a.parquet":              "name the account too",
		"az://u@exporter.blob/a/b.parquet":     "name the account too",
		"az://exporter.blob:1/a/b.parquet":     "name the account too",
		bucket + "/a.parquet?sv=1&sig=hunter2": "give it as " + signatureVariable,
	} {
		_, err := New().List(t.Context(), pattern)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", pattern, err, want)
		}
	}
	server := fake(t, "")
	server.Stop()
	if _, err := New().List(t.Context(), bucket+"/*.parquet"); err == nil || !strings.Contains(err.Error(), "cannot reach "+server.Endpoint()) {
		t.Errorf("a service that is away: %v", err)
	}
}
