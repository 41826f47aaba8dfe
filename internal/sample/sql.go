package sample

import (
	"fmt"
	"path/filepath"
	"strings"

	"clickql/internal/chconn"
)

// leaf is a column of the export, nested ones with a dotted name.
type leaf struct{ name, sql string }

// leaves are the columns of the export in its order, as expressions over draws.
func leaves(s shape) []leaf {
	timestamp := "toNullable(fromUnixTimestamp64Micro(at, 'UTC'))"
	if s == flattened {
		timestamp = fmt.Sprintf("if(n %% %d = %d, NULL, fromUnixTimestamp64Micro(at, 'UTC'))", nullTimeOf, nullTimeAt)
	}
	of := func(list, index string) string { return text(list) + "[" + index + "]" }
	return []leaf{
		{"timestamp", timestamp},
		{"country_code", of("countries", "c")},
		{"url", "concat('/packages/', " + pathOf("filename") + ", '/', filename)"},
		{"project", "project"},
		{"file.filename", "filename"},
		{"file.project", "project"},
		{"file.version", "version"},
		{"file.type", of("file_types", "if(from_wheel, wheel_type, sdist_type)")},
		{"installer.name", of("installer_names", "i")},
		{"installer.version", of("installer_versions", "i")},
		{"python", of("python_versions", "python_told")},
		{"implementation.name", of("implementations", "if(python_told = 1, 1, 2 + pypy)")},
		{"implementation.version", of("python_versions", "if(pypy, length("+text("python_versions")+"), python_told)")},
		{"distro.name", of("distro_names", "distro_told")},
		{"distro.version", of("distro_versions", "distro_told")},
		{"distro.id", of("distro_ids", "distro_told")},
		{"distro.libc.lib", of("libc_libs", "distro_told")},
		{"distro.libc.version", of("libc_versions", "distro_told")},
		{"system.name", of("system_names", "system_told")},
		{"system.release", of("system_releases", "system_told")},
		{"cpu", of("cpus", "distro_told")},
		{"openssl_version", of("openssl", "distro_told")},
		{"setuptools_version", of("setuptools", "i")},
		{"rustc_version", of("rustc", "i")},
		{"tls_protocol", of("tls_protocols", "security")},
		{"tls_cipher", of("tls_ciphers", "security")},
		{"ci", "CAST(ci, 'Nullable(Bool)')"},
	}
}

const stringType = "LowCardinality(Nullable(String))"

// selectList is the columns of the export in one of its shapes.
func selectList(s shape) string {
	var parts []string
	if s == flattened {
		for _, l := range leaves(s) {
			if l.name != "ci" {
				parts = append(parts, l.sql+" AS "+chconn.Ident(l.name))
			}
		}
		return strings.Join(parts, ",\n    ")
	}
	byName := map[string]string{}
	for _, l := range leaves(s) {
		byName[l.name] = l.sql
	}
	tuple := func(name string, fields ...string) string {
		var values, types []string
		for _, f := range fields {
			values = append(values, byName[name+"."+f])
			types = append(types, f+" "+stringType)
		}
		return "CAST(tuple(" + strings.Join(values, ", ") + "), 'Tuple(" + strings.Join(types, ", ") + ")')"
	}
	distro := "CAST(tuple(" + byName["distro.name"] + ", " + byName["distro.version"] + ", " + byName["distro.id"] + ", " +
		tuple("distro.libc", "lib", "version") + "), 'Tuple(name " + stringType + ", version " + stringType + ", id " + stringType +
		", libc Tuple(lib " + stringType + ", version " + stringType + "))')"
	structs := map[string]string{
		"file": tuple("file", "filename", "project", "version", "type"), "installer": tuple("installer", "name", "version"),
		"implementation": tuple("implementation", "name", "version"), "distro": distro, "system": tuple("system", "name", "release"),
	}
	done := map[string]bool{}
	for _, l := range leaves(s) {
		name, _, inner := strings.Cut(l.name, ".")
		switch {
		case !inner:
			parts = append(parts, byName[name]+" AS "+name)
		case !done[name]:
			done[name] = true
			parts = append(parts, structs[name]+" AS "+name)
		}
	}
	return strings.Join(parts, ",\n    ")
}

// pathOf is the SQL of the folder of a file on the host of PyPI's files: the
// BLAKE2 digest there, here another hash of the name, cut as 2/2/60.
func pathOf(filename string) string {
	return "replaceRegexpOne(lower(hex(SHA256(concat('blake2:', " + filename + ")))), '^(..)(..)', '\\\\1/\\\\2/')"
}

// downloadsQuery writes a statement's files to a folder. Where it writes one
// for each day, the server puts the time of the day's midnight into the name.
func downloadsQuery(s statement, folder string) string {
	name, partition := s.name, ""
	if s.daily {
		name = fmt.Sprintf("{_partition_id}-%012d.parquet", 0)
		partition = " PARTITION BY toString(intDiv(toUnixTimestamp64Micro(assumeNotNull(timestamp)), 86400000000) * 86400)"
	}
	return "INSERT INTO FUNCTION file(" + chconn.Literal(filepath.Join(folder, name)) + ", 'Parquet')" + partition +
		"\nSELECT\n    " + selectList(s.shape) + "\nFROM (" + draws() + "\n)" + writeSettings(16384, 131072)
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
