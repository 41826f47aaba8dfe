package ingest

import (
	"os"
	"testing"

	"clickql/internal/chtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		os.Exit(runVictim())
	}
	if os.Getenv(tracerVariable) != "" {
		os.Exit(runTracer())
	}
	os.Exit(chtest.Main(m))
}
