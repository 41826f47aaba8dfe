package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// newHealthcheckCommand asks a gateway how it is, for containers, which have no curl.
func newHealthcheckCommand(a *app) *cobra.Command {
	var addr, admin string
	var ready bool
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running gateway whether it is alive",
		Long: `Asks the gateway on this machine for /healthz, or for /readyz, and exits with 0
where it answers 200, and with 1 otherwise: what a container's HEALTHCHECK runs.`,
		Example: `  clickql healthcheck
  clickql healthcheck --ready --addr 127.0.0.1:8080`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := "/healthz"
			if ready {
				path = "/readyz"
			}
			return a.askHealth(cmd.Context(), cmp.Or(admin, addr), path)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "`host:port` that the gateway listens on")
	cmd.Flags().StringVar(&admin, "admin-addr", "", "`host:port` where it answers for its operator, if it was given one")
	cmd.Flags().BoolVar(&ready, "ready", false, "ask whether it can answer, rather than whether it is alive")
	return cmd
}

// healthTimeout is how long a gateway may take to say how it is.
const healthTimeout = 3 * time.Second

// askHealth is nil where the gateway answers 200.
func (a *app) askHealth(ctx context.Context, addr, path string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return usagef("--addr %s: %w", addr, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // one that listens everywhere listens here
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return usagef("--addr %s: %w", addr, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the gateway at %s: %w", addr, err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return fmt.Errorf("ask the gateway at %s: %w", addr, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the gateway at %s says %s: %s", addr, resp.Status, said)
	}
	_, err = a.stdout.Write(said)
	return err
}
