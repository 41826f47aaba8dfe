package ddl_test

import (
	"os"
	"testing"

	"clickql/internal/chtest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }
