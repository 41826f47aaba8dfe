package sample

import (
	"context"
	_ "embed"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	chcolumn "github.com/ClickHouse/clickhouse-go/v2/lib/column"

	"clickql/internal/chconn"
)

//go:embed downloads.sql
var downloadsSQL string

//go:embed metadata.sql
var metadataSQL string

// nested gathers the flattened columns of downloads.sql in the structs of the
// present shape; Text stands for a nullable one of few values.
const nested = `SELECT timestamp, country_code, url, project,
    CAST(tuple(file.filename, file.project, file.version, file.type), 'Tuple(filename Text, project Text, version Text, type Text)') AS file,
    CAST(tuple(installer.name, installer.version), 'Tuple(name Text, version Text)') AS installer,
    python,
    CAST(tuple(implementation.name, implementation.version), 'Tuple(name Text, version Text)') AS implementation,
    CAST(tuple(distro.name, distro.version, distro.id, tuple(distro.libc.lib, distro.libc.version)),
        'Tuple(name Text, version Text, id Text, libc Tuple(lib Text, version Text))') AS distro,
    CAST(tuple(system.name, system.release), 'Tuple(name Text, release Text)') AS system,
    cpu, openssl_version, setuptools_version, rustc_version, tls_protocol, tls_cipher, ci
FROM (`

// flattened is the older shape.
const flattened = "SELECT * EXCEPT ci FROM ("

// dotted are the flattened names in nested.
var dotted = regexp.MustCompile(`\b[a-z]+(\.[a-z]+)+\b`)

// pathOf finds the folder of a file on the host of PyPI's files: the BLAKE2
// digest there, here another hash of the name, cut as 2/2/60.
var pathOf = regexp.MustCompile(`PATH_OF\(([a-z.0-9]+)\)`)

func withPaths(sql string) string {
	return pathOf.ReplaceAllString(sql, `replaceRegexpOne(lower(hex(SHA256(concat('blake2:', $1)))), '^(..)(..)', '\\1/\\2/')`)
}

// downloadsQuery writes a statement's files to a folder. Where it writes one
// for each day, the server puts the time of the day's midnight into the name.
func downloadsQuery(s statement, folder string) string {
	shape := flattened
	if !s.older {
		shape = strings.ReplaceAll(dotted.ReplaceAllString(nested, "`$0`"), "Text", "LowCardinality(Nullable(String))")
	}
	name, partition := s.names[0], ""
	if !s.older {
		name = fmt.Sprintf("{_partition_id}-%012d.parquet", 0)
		partition = " PARTITION BY toString(intDiv(toUnixTimestamp64Micro(assumeNotNull(timestamp)), 86400000000) * 86400)"
	}
	return insertInto(filepath.Join(folder, name)) + partition + "\n" + shape + "\n" + withPaths(downloadsSQL) + ")" + writeSettings(16384, 131072)
}

// metadataQuery writes one file of metadata at a path.
func metadataQuery(path string) string {
	return insertInto(path) + "\n" + withPaths(metadataSQL) + writeSettings(2048, 16384)
}

func insertInto(path string) string {
	return "INSERT INTO FUNCTION file(" + chconn.Literal(path) + ", 'Parquet')"
}

// writeSettings make a file's bytes depend on its rows alone: one thread, and
// blocks and row groups of fixed size, which also bound the memory. Compiling
// expressions costs more than it saves in statements of this size.
func writeSettings(blockRows, groupRows int) string {
	return fmt.Sprintf(`
SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = %d, min_insert_block_size_rows = %d,
    min_insert_block_size_bytes = 0, output_format_parquet_row_group_size = %d, output_format_parquet_parallel_encoding = 0,
    output_format_parquet_compression_method = 'zstd', output_format_parquet_write_bloom_filter = 0,
    compile_expressions = 0, short_circuit_function_evaluation = 'disable', engine_file_truncate_on_insert = 1,
    max_query_size = 1048576, max_execution_time = 0`, blockRows, 4*blockRows, groupRows)
}

// send runs a statement with its parameters and the tables that it reads.
func send(ctx context.Context, conn *chconn.Conn, query string, params map[string]any, tables ...*ext.Table) error {
	ctx, err := chconn.WithParameters(ctx, params)
	if err != nil {
		return err
	}
	return conn.Exec(clickhouse.Context(ctx, clickhouse.WithExternalTable(tables...)), query)
}

// newTable is a table that is sent along with a query, its columns written as in
// DDL.
func newTable(name, columns string) (*ext.Table, error) {
	var list []func(*ext.Table) error
	for c := range strings.SplitSeq(columns, ", ") {
		column, typ, _ := strings.Cut(c, " ")
		list = append(list, ext.Column(column, chcolumn.Type(typ)))
	}
	table, err := ext.NewTable(name, list...)
	if err != nil {
		return nil, fmt.Errorf("make the table %s: %w", name, err)
	}
	return table, nil
}

const (
	cellColumns = "release UInt32, day Int32, first Int64, rows UInt32"
	// Pythons and platforms are numbered from 1. mirror is the part, of 256, that
	// mirrors make of the downloads; python_to the newest Python that installs the
	// release; era tells which platform tags its wheels have.
	releaseColumns = "id UInt32, key LowCardinality(String), version LowCardinality(String), wheel_stem String, sdist_stem String, wheels UInt8, " +
		"tag LowCardinality(String), platforms UInt8, sdist Bool, sdist_part UInt8, oldest UInt8, newest UInt8, python_to UInt8, mirror UInt8, audience UInt16, era UInt8"
)

// releaseRow is a row of releaseColumns.
func releaseRow(id uint32, p *project, r *release, pythons int) []any {
	f := p.form
	if f.wheels == oneWheel && r.oldest == 0 && !f.anyPython {
		f.tag = "py2.py3-none-any"
	}
	wheel := strings.ReplaceAll(p.key, "-", "_") + "-" + r.version
	sdist := wheel
	if r.day < dayOf(2023, 6, 1) { // sdists kept the author's spelling until PEP 625
		sdist = p.name + "-" + r.version
	}
	pythonTo := r.newest
	if f.wheels == pythonWheels {
		pythonTo = min(pythonTo+1, pythons-1) // some install on a newer Python than there are wheels for
	}
	mirror := 255 * (0.01 + 0.6/(1+p.weight/0.15)) // they fetch everything, so most of what rarely used projects have
	return []any{id, p.key, r.version, wheel, sdist, f.wheels, f.tag, f.platforms, f.sdist, f.sdistPart,
		uint8(r.oldest) + 1, uint8(r.newest) + 1, uint8(pythonTo) + 1, uint8(mirror), p.audience.number, eraOf(p, r)}
}
