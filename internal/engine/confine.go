package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// fileSettings name files for formats to read, or to write, and servers for them
// to ask: `clickhouse local` lets whoever sets them choose any, and has no privilege
// for it. They stay as they are, as the reader has no use for these formats.
var fileSettings = [...]string{
	"format_schema", "format_schema_source", "output_format_schema",
	"format_template_resultset", "format_template_row",
	"input_format_record_errors_file_path", "format_avro_schema_registry_url",
}

// mayReachFiles tells whether a thread works for the administrator alone, or for
// the script that this process runs. The scalar function file(path), which needs no
// privilege, is refused to the threads of everybody else (package guard). A query
// that another server of a cluster sends on is the account's that sent it there.
// Where that cannot be found out the answer is no, but for two that are nobody's:
// the process's first thread, on which the library starts and stops, and any once
// nobody listens any more, as the library stops then and asks for its folder.
func mayReachFiles(info Info, thread int) bool {
	const within = 10 * time.Second
	if thread == os.Getpid() {
		return true
	}
	answer, err := tell(info, fmt.Sprintf("SELECT count() > 0 AND countIf(user NOT IN ('', %[1]s) OR initial_user NOT IN ('', %[1]s)) = 0 "+
		"FROM system.processes WHERE has(thread_ids, %[2]d)", literal(adminUser), thread), within)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine: find out who reaches for a file:", strings.TrimSpace(err.Error()))
	}
	return err == nil && answer == "1"
}
