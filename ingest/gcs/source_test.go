package gcs

import (
	"os"
	"strings"
	"testing"

	"clickql/ingest/export"
	"clickql/internal/chtest"
	"clickql/internal/fakegcs"
	"clickql/internal/sourcetest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// fake starts an emulator with a bucket.
func fake(t *testing.T) sourcetest.Store {
	t.Helper()
	server, err := fakegcs.Start("exports")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	src := New(Config{EmulatorHost: server.URL()})
	t.Cleanup(func() { _ = src.Close() })
	return sourcetest.Store{Source: src, Bucket: "gs://exports", Put: server.Put, Remove: server.Remove}
}

func TestLoad(t *testing.T)              { sourcetest.Loads(t, fake(t)) }
func TestReplacedWhileRead(t *testing.T) { sourcetest.ReplacedWhileRead(t, fake(t)) }
func TestVanishes(t *testing.T)          { sourcetest.Vanishes(t, fake(t)) }
func TestListErrors(t *testing.T)        { sourcetest.ListErrors(t, fake(t)) }
func TestRanges(t *testing.T)            { sourcetest.Ranges(t, fake(t)) }

// TestSecretsStayOut checks that an HMAC key is in no statement's text.
func TestSecretsStayOut(t *testing.T) {
	src := New(Config{HMACKey: "GOOGKEY", HMACSecret: "hunter2"})
	table, err := src.Table([]export.Object{{Name: "gs://b/o", Path: "b/o"}}, "Parquet", "a String")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(table.SQL, "GOOGKEY") || strings.Contains(table.SQL, "hunter2") || table.Params["source_secret"] != "hunter2" {
		t.Fatalf("table function: %+v", table)
	}
}
