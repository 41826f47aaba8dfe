package main

import (
	"context"
	"fmt"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
)

// fillDemo fills an embedded engine that holds no data with the sample, by the
// same steps as by hand: schema apply, sample, ingest projects, ingest run. Each
// of them does only what is not done yet, so that a demo that was killed goes on.
func (a *app) fillDemo(ctx context.Context, st *store) error {
	conn, err := chconn.Open(ctx, chconn.Config{DSN: st.running.DSN(), Database: a.database, Log: a.log})
	if err != nil {
		return err
	}
	defer a.releasing(conn.Close)
	if _, err := ddl.Apply(ctx, conn, ddl.Options{Database: conn.Database()}); err != nil {
		return fmt.Errorf("prepare the demo: %w", err)
	}
	return nil
}
