package engine

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// roomLeft is what the engine leaves free of the disk, in bytes: an INSERT or a
// merge that would need more is refused (error 243), as what finds no room when it
// is written ends the engine, see package guard. Tables' definitions need some without asking.
const roomLeft = 128 << 20

// serverConfig writes ClickHouse's configuration. Ports are 0, so that the
// kernel chooses free ones, but where clusters must name the port before there
// is one. The log level stands at the top, where this build looks for it.
// A damaged part fails the start: set aside, as is the default, its rows would
// silently be missing from every answer.
func serverConfig(l layout, o order) (config string, err error) {
	port := 0
	if len(o.Clusters) > 0 {
		if port, err = freePort(); err != nil {
			return "", err
		}
	}
	memory := "<max_server_memory_usage_to_ram_ratio>0.6</max_server_memory_usage_to_ram_ratio>"
	if o.MaxMemory > 0 {
		memory = fmt.Sprintf("<max_server_memory_usage>%d</max_server_memory_usage>", o.MaxMemory)
	}
	return fmt.Sprintf(`<clickhouse>
<log-level>warning</log-level>
<path>%s</path>
<listen_host>127.0.0.1</listen_host>
<tcp_port>%d</tcp_port>
<http_port>0</http_port>
<user_directories><users_xml><path>%s</path></users_xml></user_directories>
<access_control_improvements>
<select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
<settings_constraints_replace_previous>true</settings_constraints_replace_previous>
</access_control_improvements>
<mark_cache_size>536870912</mark_cache_size>
<storage_configuration><disks><default><keep_free_space_bytes>%d</keep_free_space_bytes></default></disks></storage_configuration>
<merge_tree><max_suspicious_broken_parts>0</max_suspicious_broken_parts></merge_tree>
<backups><allowed_path>%s</allowed_path></backups>
%s
%s</clickhouse>
`, escape(l.data()), port, escape(l.users()), roomLeft, escape(l.backups()), memory, remoteServers(o.Clusters, port)), nil
}

// readableSystemTables are what introspection and diagnosis need of system.
var readableSystemTables = [...]string{
	"tables", "columns", "databases", "parts", "parts_columns", "dictionaries", "data_skipping_indices",
	"projections", "merges", "mutations", "functions", "settings", "build_options", "one", "numbers", "clusters", "macros",
}

// usersConfig writes the accounts: the administrator, the read-only account for
// serving, and default. As the last the library's own session runs, which knows
// no password; being the one session that default may have, and lasting as long as
// the listeners, it keeps everybody else out. Files that are loaded are read as a
// server does, not mapped into memory as by `clickhouse local`: one that is cut off
// or cannot be read would end the engine by a signal.
func usersConfig(a accounts, limits Limits, guests []Guest) string {
	guest := configureGuests(guests)
	return fmt.Sprintf(`<clickhouse>
<profiles>
<default><storage_file_read_method>pread</storage_file_read_method></default>
<local>
<max_sessions_for_user>1</max_sessions_for_user>
<constraints><max_sessions_for_user><readonly/></max_sessions_for_user></constraints>
</local>
<reader>
%s</reader>
%[7]s</profiles>
<quotas><default/>
%[8]s</quotas>
<users>
<default><no_password/><networks><ip>127.0.0.1</ip></networks><profile>local</profile><quota>default</quota></default>
<%[2]s><password_sha256_hex>%s</password_sha256_hex><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota><access_management>1</access_management></%[2]s>
<%[4]s><password_sha256_hex>%s</password_sha256_hex><networks><ip>127.0.0.1</ip></networks><profile>reader</profile><quota>default</quota><grants>
<query>%s</query>
</grants></%[4]s>
%[9]s</users>
</clickhouse>
`, limits.profile(), adminUser, passwordHash(a.Password), readOnlyUser, passwordHash(a.ReadOnlyPassword),
		strings.Join(readGrants(nil), "</query>\n<query>"), guest.profiles, guest.quotas, guest.users)
}

func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return ""
	}
	return b.String()
}

// literal writes a string literal of ClickHouse's SQL.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// script is what the library runs: make the database, listen, report the ports,
// then read the FIFO, which ends when nobody has it open for writing.
func script(l layout) string {
	return strings.Join([]string{
		"CREATE DATABASE IF NOT EXISTS " + Database + " ENGINE = Atomic",
		"SYSTEM START LISTEN TCP",
		"SYSTEM START LISTEN HTTP",
		"INSERT INTO FUNCTION file(" + literal(l.ready()) + ", 'TSV', 'native UInt16, http UInt16') SELECT getServerPort('tcp_port'), getServerPort('http_port')",
		"SELECT count() FROM file(" + literal(l.holdOpen()) + ", 'LineAsString', 'line String') FORMAT Null",
	}, "; ")
}
