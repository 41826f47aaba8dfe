package server

import (
	"os/exec"
	"strings"
	"testing"
)

// Every audit of graphql-http passes, and none with a warning.
func TestGraphQLOverHTTPAudits(t *testing.T) {
	g, _ := sampled(t)
	cmd := exec.CommandContext(t.Context(), "node", "audit.mjs", g.base+"/graphql")
	cmd.Dir = "web"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("run the audits (make build installs them): %v\n%s", err, out)
	}
	if got := strings.TrimSpace(string(out)); got != "61 of 61" {
		t.Error(got)
	}
}
