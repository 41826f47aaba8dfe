package s3

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/internal/chtest"
	"clickql/internal/fakes3"
	"clickql/internal/sourcetest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// alone takes from a test what this machine's user has of AWS.
func alone(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
		"AWS_SHARED_CREDENTIALS_FILE": "", "AWS_CONFIG_FILE": "", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
	} {
		t.Setenv(name, value)
	}
	return home
}

// fake starts a store with a bucket, which AWS_ENDPOINT_URL names.
func fake(t *testing.T) *fakes3.Bucket {
	t.Helper()
	server, err := fakes3.Start("exports")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	t.Setenv("AWS_ENDPOINT_URL", server.URL())
	return server
}

// store is a bucket that anybody may read.
func store(t *testing.T) sourcetest.Store {
	t.Helper()
	alone(t)
	server := fake(t)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return sourcetest.Store{Source: New(Config{}), Bucket: "s3://exports",
		Put:    func(key string, content []byte) { must(server.Put(key, content)) },
		Remove: func(key string) { must(server.Remove(key)) }}
}

func TestLoad(t *testing.T)              { sourcetest.Loads(t, store(t)) }
func TestReplacedWhileRead(t *testing.T) { sourcetest.ReplacedWhileRead(t, store(t)) }
func TestVanishes(t *testing.T)          { sourcetest.Vanishes(t, store(t)) }
func TestListErrors(t *testing.T)        { sourcetest.ListErrors(t, store(t)) }
func TestRanges(t *testing.T)            { sourcetest.Ranges(t, store(t)) }

// TestCredentials lists and reads with what the environment and the files give, which
// is in no statement's text, and says what to do where they do not do.
func TestCredentials(t *testing.T) {
	home := alone(t)
	server := fake(t)
	db := chtest.NewWithSchema(t)
	if err := server.Put("a.parquet", db.Export(t, 1, 10)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"credentials": "[default]\naws_access_key_id = FILEKEY\naws_secret_access_key = hunter2\n",
		"config":      "[profile process]\ncredential_process = cat " + home + "/.aws/process\n",
		"process":     `{"Version": 1, "AccessKeyId": "PROCESSKEY", "SecretAccessKey": "hunter2", "SessionToken": "t0ken"}`,
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(home, ".aws", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		key, token string
		env        map[string]string
		cfg        Config
		want       string // of the error; empty for none
	}{
		{"FILEKEY", "", nil, Config{}, ""},
		{"PROCESSKEY", "t0ken", map[string]string{"AWS_PROFILE": "process"}, Config{}, ""},
		{"ENVKEY", "t0ken", map[string]string{"AWS_ACCESS_KEY_ID": "ENVKEY", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_SESSION_TOKEN": "t0ken"}, Config{}, ""},
		{"FILEKEY", "", map[string]string{"AWS_PROFILE": "none"}, Config{}, "in the profile none (AWS_PROFILE)"},
		{"OTHERKEY", "", nil, Config{}, "may not list bucket exports: grant them s3:ListBucket"},
		{"FILEKEY", "", nil, Config{Anonymous: true}, "no AWS credentials were found"},
	} {
		t.Run(c.key+c.want, func(t *testing.T) {
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			server.Require(c.key, c.token)
			db := chtest.NewWithSchema(t)
			var texts strings.Builder
			_, err := ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{New(c.cfg)}, Before: func(sql string) error {
				texts.WriteString(sql)
				return nil
			}}).Run(t.Context(), ledger.Downloads, "s3://exports/*.parquet")
			if c.want == "" && (err != nil || db.Downloads(t) != 10) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q; %d rows in the table", err, c.want, db.Downloads(t))
			}
			for _, secret := range []string{c.key, "hunter2", "t0ken"} {
				if strings.Contains(texts.String(), secret) || err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("%s is in the statements or in the error %v", secret, err)
				}
			}
		})
	}
}

// TestTable reads with this command's credentials, without any, or with the server's
// own.
func TestTable(t *testing.T) {
	alone(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "KEY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	for want, cfg := range map[string]Config{
		"s3({source_path:String}, {source_key:String}, {source_secret:String}, {source_format:String})": {},
		"s3({source_path:String}, NOSIGN, {source_format:String})":                                      {Anonymous: true},
		"s3({source_path:String}, {source_format:String})":                                              {ServerKeys: true},
	} {
		cfg.Endpoint = "https://store.example"
		table, err := New(cfg).Table([]export.Object{{Name: "s3://b/a b", Path: "b/a b"}}, "Parquet", "")
		if err != nil || table.SQL != want || table.Params["source_path"] != "https://store.example/b/a%20b" || (table.Params["source_secret"] == "hunter2") != (cfg == Config{Endpoint: cfg.Endpoint}) {
			t.Errorf("%+v: %+v, %v", cfg, table, err)
		}
	}
}

// TestEndpoint refuses an address that is more than one.
func TestEndpoint(t *testing.T) {
	alone(t)
	for _, address := range []string{"localhost:9000", "https://user:hunter2@store", "https://store/path", "ftp://store", "://"} {
		_, err := New(Config{Endpoint: address}).List(t.Context(), "s3://exports/*.parquet")
		if err == nil || !strings.Contains(err.Error(), "AWS_ENDPOINT_URL") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
	}
	server := fake(t)
	server.Stop()
	if _, err := New(Config{}).List(t.Context(), "s3://exports/*.parquet"); err == nil || !strings.Contains(err.Error(), "cannot reach "+server.URL()) {
		t.Errorf("a store that is away: %v", err)
	}
}
