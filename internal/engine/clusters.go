package engine

import (
	"crypto/rand"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"net"
	"slices"
	"strings"
)

// checkClusters refuses what ClickHouse's configuration cannot hold as the name
// of an element.
func checkClusters(clusters map[string][]string) error {
	for _, name := range slices.Sorted(maps.Keys(clusters)) {
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
			return fmt.Errorf("open engine: %q cannot be the name of a cluster; use letters and underscores", name)
		}
		if len(clusters[name]) == 0 {
			return fmt.Errorf("open engine: the cluster %s has no shard; name a database for each", name)
		}
	}
	return nil
}

// remoteServers writes the clusters: every shard is this engine, reached at the
// native port, with a database of its own. The secret, which nobody else knows,
// lets the engine in as whoever asks it: a reader stays a reader.
func remoteServers(clusters map[string][]string, port int) string {
	if len(clusters) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("<remote_servers>\n")
	for _, name := range slices.Sorted(maps.Keys(clusters)) {
		fmt.Fprintf(&b, "<%s>\n<secret>%s</secret>\n", name, rand.Text())
		for _, database := range clusters[name] {
			fmt.Fprintf(&b, "<shard><replica><host>127.0.0.1</host><port>%d</port><default_database>%s</default_database></replica></shard>\n",
				port, escape(database))
		}
		fmt.Fprintf(&b, "</%s>\n", name)
	}
	b.WriteString("</remote_servers>\n")
	return b.String()
}

// freePort is a port on loopback on which nobody listens. It is below those that
// the kernel gives to connections, so that none takes it before ClickHouse does.
func freePort() (int, error) {
	const first, last, tries = 12_000, 32_000, 100
	var failed error
	for range tries {
		port := first + mathrand.IntN(last-first)
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			failed = err
			continue
		}
		return port, ln.Close()
	}
	return 0, fmt.Errorf("find a free port: %w", failed)
}
