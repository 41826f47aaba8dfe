package ddl_test

import (
	"os"
	"testing"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// open connects with a DSN.
func open(t *testing.T, dsn string) *chconn.Conn {
	t.Helper()
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}
