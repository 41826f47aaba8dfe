package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clickql/internal/access"
)

// newKeysCommand is about API keys.
func newKeysCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Add, list and revoke API keys",
		Long: `Keeps the file of API keys that serve --keys reads: who has a key has limits of
their own. The file holds hashes; a key itself is shown once, when it is made. What
changes in the file holds from the next request on, without a restart.

A secret key is sent as Authorization: Bearer KEY, or as X-API-Key: KEY; over a
WebSocket as authorization in the payload of connection_init. A publishable key may be
seen by everybody: it is good for the pages of its origins, and is the one that
addresses take (?key=KEY), for pictures and iframes.`,
		Example: "  clickql keys add --keys keys.json --name dashboard --rows-per-minute 100000000\n  clickql keys list --keys keys.json\n  clickql keys revoke --keys keys.json dashboard",
	}
	var path string
	cmd.PersistentFlags().StringVar(&path, "keys", "", "`file` of API keys")
	for _, sub := range []*cobra.Command{newKeysAddCommand(a, &path), newKeysListCommand(a, &path), newKeysRevokeCommand(a, &path)} {
		sub.PreRunE = func(*cobra.Command, []string) error {
			if path == "" {
				return usagef("which file has the keys? name it with --keys, such as --keys keys.json")
			}
			return nil
		}
		cmd.AddCommand(sub)
	}
	return cmd
}

// perMinute is so many in a minute.
func perMinute(n int64) access.Rate {
	if n <= 0 {
		return access.Rate{}
	}
	return access.Rate{N: n, Per: time.Minute}
}

// newKeysAddCommand makes a key.
func newKeysAddCommand(a *app, path *string) *cobra.Command {
	var k access.Key
	var origins []string
	var requests, pictures, rows int64
	cmd := &cobra.Command{
		Use:     "add [NAME]",
		Short:   "Make a key and show it once",
		Example: "  clickql keys add --keys keys.json --name dashboard\n  clickql keys add --keys keys.json --name docs --publishable --origin https://docs.example.org",
		Args:    arguments("a NAME", 0, 1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if len(args) > 0 {
				k.Name = args[0]
			}
			if k.Origins, err = access.ParseOrigins(origins); err != nil {
				return usagef("--origin: %w", err)
			}
			if k.Publishable && len(k.Origins) == 0 {
				return usagef("--publishable needs the sites whose pages may use the key: name them with --origin, such as --origin https://docs.example.org")
			}
			if min(requests, pictures, rows, k.Limits.RowsPerDay, int64(k.Limits.AtOnce), k.Limits.MaxCost) < 0 {
				return usagef("a limit cannot be negative: 0 is no limit")
			}
			k.Limits.Requests, k.Limits.Pictures, k.Limits.Rows = perMinute(requests), perMinute(pictures), perMinute(rows)
			return a.addKey(*path, k)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&k.Name, "name", "", "`name` of whoever has the key, for lists and logs; one that no other key has (default key-1, key-2 and so on)")
	flags.BoolVar(&k.Publishable, "publishable", false, "a key that everybody may see, good for the pages of its origins alone")
	flags.StringSliceVar(&origins, "origin", nil, "`origin` whose pages may use the key, such as https://example.org; may be repeated")
	flags.BoolVar(&k.Explain, "explain", false, "tell the holder which queries ran, also where serve --no-explain tells nobody else")
	flags.Int64Var(&requests, "requests-per-minute", 600, "how many requests, a `number`; 0 for no limit")
	flags.Int64Var(&pictures, "pictures-per-minute", 0, "how many charts and badges, a `number`; 0 for twenty times the requests")
	flags.Int64Var(&rows, "rows-per-minute", 0, "how many `rows` ClickHouse may be expected to read in a minute; 0 for no limit")
	flags.Int64Var(&k.Limits.RowsPerDay, "rows-per-day", 0, "how many `rows` in a day; 0 for no limit")
	flags.IntVar(&k.Limits.AtOnce, "operations-at-once", 0, "how many operations may run at one time, a `number`; 0 for no limit")
	flags.Int64Var(&k.Limits.MaxCost, "max-cost", 0, "most `rows` that one operation may be expected to have read; 0 for no limit of its own")
	return cmd
}

// addKey makes a key, keeps its hash, and shows it.
func (a *app) addKey(path string, k access.Key) error {
	var text string
	err := access.ChangeKeys(path, func(keys []access.Key) ([]access.Key, error) {
		taken := func(name string) bool {
			return slices.ContainsFunc(keys, func(o access.Key) bool { return o.Name == name || o.ID == name })
		}
		for n := 1; k.Name == ""; n++ {
			if name := fmt.Sprintf("key-%d", n); !taken(name) {
				k.Name = name
			}
		}
		if taken(k.Name) {
			return nil, fmt.Errorf("there is a key named %s already: choose another name, or revoke it", k.Name)
		}
		k, text = access.NewKey(k, time.Now())
		return append(keys, k), nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "The key of %s (id %s). It is shown this once, and is nowhere else:\n", k.Name, k.ID)
	_, err = fmt.Fprintln(a.stdout, text)
	return err
}

// newKeysListCommand lists the keys.
func newKeysListCommand(a *app, path *string) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the keys, without the keys themselves",
		Example: "  clickql keys list --keys keys.json",
		RunE: func(*cobra.Command, []string) error {
			keys, err := access.ReadKeys(*path)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tNAME\tKIND\tCREATED\tREQUESTS\tROWS\tROWS PER DAY\tAT ONCE\tMAX COST\tORIGINS")
			for _, k := range keys {
				kind := "secret"
				if k.Publishable {
					kind = "publishable"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", k.ID, k.Name, kind, k.Created.Format(time.DateOnly),
					k.Limits.Requests, k.Limits.Rows, k.Limits.RowsPerDay, k.Limits.AtOnce, k.Limits.MaxCost, strings.Join(k.Origins, " "))
			}
			return w.Flush()
		},
	}
}

// newKeysRevokeCommand revokes keys.
func newKeysRevokeCommand(a *app, path *string) *cobra.Command {
	return &cobra.Command{
		Use:     "revoke NAME...",
		Short:   "Revoke keys, by name or id",
		Example: "  clickql keys revoke --keys keys.json dashboard",
		Args:    arguments("the NAME or the id of a key", 1, 0),
		RunE: func(_ *cobra.Command, args []string) error {
			return access.ChangeKeys(*path, func(keys []access.Key) ([]access.Key, error) {
				var errs []error
				for _, arg := range args {
					left := slices.DeleteFunc(slices.Clone(keys), func(k access.Key) bool { return k.ID == arg || k.Name == arg || k.Is(arg) })
					if len(left) == len(keys) {
						errs = append(errs, fmt.Errorf("there is no key named %q; see clickql keys list", access.Hidden(arg)))
					}
					keys = left
				}
				if err := errors.Join(errs...); err != nil {
					return nil, err
				}
				_, err := fmt.Fprintf(a.stdout, "revoked %s\n", strings.Join(shown(args), ", "))
				return keys, err
			})
		},
	}
}

// shown are names as they may be shown: of a key itself no more than what names it.
func shown(args []string) []string {
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = access.Hidden(arg)
	}
	return out
}
