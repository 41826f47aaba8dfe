package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"clickql/internal/asked"
	"clickql/internal/chconn"
	"clickql/internal/gateway"
)

// askedOff is the value of --asked-log that keeps nothing.
const askedOff = "off"

// askedFlag defines --asked-log.
func (a *app) askedFlag(flags *pflag.FlagSet, path *string) {
	flags.StringVar(path, "asked-log", "", "`file` of what is asked, for clickql advise: shapes of queries and rows read, no names, values or addresses; \"off\" for none (default a file under --data)")
}

// askedPath is the file of what is asked of the ClickHouse that the flags name:
// one for the embedded engine, one for each server. Empty for none.
func (a *app) askedPath(given string) (string, error) {
	switch {
	case given == askedOff:
		return "", nil
	case given != "":
		return given, nil
	}
	return a.fileOf("asked", ".jsonl")
}

// fileOf is a file under --data for the ClickHouse that the flags name: one for the
// embedded engine, one for each server.
func (a *app) fileOf(kind, suffix string) (string, error) {
	if a.clickhouse == "" {
		return filepath.Join(a.data, kind+suffix), nil
	}
	hosts, err := chconn.Hosts(a.clickhouse)
	if err != nil {
		return "", usagef("--clickhouse: %w", err)
	}
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, hosts[0])
	return filepath.Join(a.data, kind+"-"+plain[:min(len(plain), 100)]+suffix), nil
}

// keepAsked has the gateway keep what it is asked.
func (a *app) keepAsked(given string, cfg *gateway.Config) error {
	path, err := a.askedPath(given)
	if err != nil || path == "" {
		return err
	}
	log := asked.New(asked.Config{Path: path, Log: a.log})
	cfg.Loader.Observer = log
	cfg.Background = append(cfg.Background, func(ctx context.Context) error { log.Run(ctx); return nil })
	return nil
}
