package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Guest is an account such as others give to ClickQL: one that may only read,
// with settings, grants and quotas that they chose. Tests serve through them.
type Guest struct {
	// Name is of lower-case letters; there is no password.
	Name string
	// Settings are those of its profile. Where they do not say readonly, it is 1:
	// none may be changed.
	Settings map[string]string
	// Queries bounds how many it may send in an Interval; 0 for no bound.
	Queries  int
	Interval time.Duration
	// Keyed grants so many to each quota key, and to what is sent without one.
	Keyed bool
	// Hidden are tables of system that it may not read, beside those that nobody
	// but the administrator may.
	Hidden []string
}

// checkGuests refuses what ClickHouse's configuration cannot hold.
func checkGuests(guests []Guest) error {
	for _, g := range guests {
		if g.Name == "" || strings.Trim(g.Name, "abcdefghijklmnopqrstuvwxyz") != "" {
			return fmt.Errorf("open engine: %q cannot be the name of a guest; use lower-case letters", g.Name)
		}
	}
	return nil
}

// guestConfig is a part of users.xml for guests: what of it stands among the
// profiles, the quotas and the users.
type guestConfig struct{ profiles, quotas, users string }

// configureGuests writes the accounts.
func configureGuests(guests []Guest) guestConfig {
	var profiles, quotas, users strings.Builder
	for _, g := range guests {
		settings := map[string]string{"readonly": "1"}
		maps.Copy(settings, g.Settings)
		fmt.Fprintf(&profiles, "<%s>\n", g.Name)
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			fmt.Fprintf(&profiles, "<%s>%s</%[1]s>\n", name, escape(settings[name]))
		}
		fmt.Fprintf(&profiles, "</%s>\n", g.Name)
		quota := "default"
		if g.Queries > 0 {
			quota = g.Name
			keyed := ""
			if g.Keyed {
				keyed = "<keyed/>"
			}
			fmt.Fprintf(&quotas, "<%s>%s<interval><duration>%d</duration><queries>%d</queries></interval></%[1]s>\n", g.Name, keyed, int64(g.Interval/time.Second), g.Queries)
		}
		fmt.Fprintf(&users, "<%s><no_password/><networks><ip>127.0.0.1</ip></networks><profile>%[1]s</profile><quota>%s</quota><grants>\n<query>%s</query>\n</grants></%[1]s>\n",
			g.Name, quota, strings.Join(readGrants(g.Hidden), "</query>\n<query>"))
	}
	return guestConfig{profiles.String(), quotas.String(), users.String()}
}

// readGrants lets an account read everything that is not of the system, and of
// that what introspection and diagnosis need, but for what is hidden.
func readGrants(hidden []string) []string {
	grants := []string{"GRANT SELECT, SHOW, dictGet ON *.*", "REVOKE SELECT ON system.*"}
	for _, t := range readableSystemTables {
		if !slices.Contains(hidden, t) {
			grants = append(grants, "GRANT SELECT ON system."+t)
		}
	}
	return grants
}
