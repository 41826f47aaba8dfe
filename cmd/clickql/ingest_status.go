package main

import (
	"github.com/spf13/cobra"
)

// newIngestStatusCommand says what the ledger holds.
func newIngestStatusCommand(a *app) *cobra.Command {
	return &cobra.Command{Use: "status", Short: "Say what is loaded, in hand, failed and stuck", Example: "  clickql ingest status --json",
		RunE: func(cmd *cobra.Command, _ []string) error { return nil }}
}
