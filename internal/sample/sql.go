package sample

import (
	"fmt"
	"strings"

	"clickql/internal/chconn"
)

// One row in nullProjectOf lacks its project, one in nullTimeOf its timestamp,
// as a few rows of the real export do. The row's number in the whole sample
// decides.
const (
	nullProjectOf, nullProjectAt = 20011, 7
	nullTimeOf, nullTimeAt       = 25013, 11
)

// text is a typed parameter that holds a list of strings, ” for NULL, as a
// constant array of dictionary-encoded strings.
func text(name string) string {
	return "CAST(arrayMap(x -> nullIf(x, ''), {" + name + ":Array(String)}), 'Array(LowCardinality(Nullable(String)))')"
}

// number is a typed parameter that holds a list of numbers.
func number(name, typ string) string { return "{" + name + ":Array(" + typ + ")}" }

// draws is the query's inner part: one row for each download with everything
// about it that is drawn, each draw from its own bits of three hashes of the
// row's number.
func draws() string {
	pick := func(table, base, column, coin string) string {
		at := "(" + base + " + " + column + " + 1)"
		return fmt.Sprintf("if(%s < %s%s, %s, %s%s) + 1", coin, number(table+"_threshold", "UInt32"), "["+at+"]",
			column, number(table+"_alias", "UInt8"), "["+at+"]")
	}
	return `
SELECT day, project, version, base, sbase, tag, extension, wheel_type, n,
    cityHash64({seed:UInt64}, n) AS h1, intHash64(h1) AS h2, intHash64(bitXor(h2, 0x9e3779b97f4a7c15)) AS h3,
    bitAnd(bitShiftRight(h1, 24), 255) < mirror AS mirrored,
    toUInt8(bitAnd(h1, 127)) AS installer_column,
    ` + pick("installer", fmt.Sprintf("if(mirrored, %d, 0)", installerColumns), "installer_column", "toUInt16(bitShiftRight(h1, 8))") + ` AS i,
    ` + number("tells", "UInt8") + `[i] AS told,
    toUInt8(bitAnd(bitShiftRight(h1, 32), 63)) AS system_column,
    ` + pick("system", fmt.Sprintf("toUInt16(audience) * %d", systemColumns), "system_column", "toUInt16(bitShiftRight(h1, 40))") + ` AS s,
    if(bitTest(told, 1), s, 1) AS system_told,
    if(bitTest(told, 2), s, 1) AS distro_told,
    toUInt8(h2) < ` + number("system_ci", "UInt16") + `[s] AS automated,
    if(bitTest(told, 3), if(automated, true, if(bitAnd(h2, 7) = 5, NULL, false)), NULL) AS ci,
    multiIf(NOT bitTest(told, 1), 3, automated, 0, ` + number("system_desktop", "UInt8") + `[s]) AS circle,
    toUInt8(bitAnd(bitShiftRight(h2, 8), 127)) AS country_column,
    ` + pick("country", fmt.Sprintf("toUInt16(circle) * %d", countryColumns), "country_column", "toUInt16(bitShiftRight(h2, 16))") + ` AS c,
    python_from + bitShiftRight(toUInt32(toUInt16(bitShiftRight(h2, 32))) * python_span, 16) + 1 AS slot,
    if(bitTest(told, 0), ` + number("python_slots", "UInt16") + `[slot], 1) AS python_told,
    toUInt8(` + number("python_minors", "UInt8") + `[slot]) AS python_minor,
    bitTest(told, 0) AND toUInt8(h3) < 2 AND python_minor > 4 AS pypy,
    toUInt8(bitShiftRight(h3, 8)) AS clock,
    ` + number("bounds", "UInt32") + `[toUInt16(clock) + 1] AS slice,
    ` + number("bounds", "UInt32") + `[toUInt16(clock) + 2] - slice AS width,
    toInt64(day) * 86400000000 + toInt64(slice) * 1000000
        + toInt64(bitShiftRight(toUInt64(toUInt32(bitShiftRight(h3, 16))) * toUInt64(width) * 1000000, 32)) AS at,
    bitAnd(bitShiftRight(h3, 48), 15) + 1 AS security,
    toUInt8(if(bitTest(told, 1), ` + number("system_platforms", "UInt8") + `[s], bitShiftRight(h2, 48) % 6 + 1)) AS own_platform,
    bitTest(platforms, own_platform) AS supported,
    if(supported, own_platform, fallback) AS platform,
    shape > 0 AND (sdist = 0 OR (bitShiftRight(h3, 56) >= if(told = 0, 110, sdist_part)
        AND (shape = 1 OR (supported AND (shape = 2 OR (python_minor BETWEEN wheel_from AND wheel_to AND NOT pypy)))))) AS from_wheel,
    toLowCardinality(if(from_wheel,
        concat(base, '-', tag, if(shape = 3, concat(` + text("python_tags") + `[greatest(least(python_minor, wheel_to), wheel_from)], ''), ''),
            if(shape = 1, '', concat('-', ` + text("platform_tags") + `[platform])), extension),
        concat(sbase, '.tar.gz'))) AS filename,
    n % ` + fmt.Sprint(nullProjectOf) + ` = ` + fmt.Sprint(nullProjectAt) + ` AS anonymous
FROM (
    SELECT day, toLowCardinality(project) AS project, toLowCardinality(version) AS version,
        toLowCardinality(base) AS base, toLowCardinality(sbase) AS sbase, toLowCardinality(tag) AS tag,
        toLowCardinality(extension) AS extension, toLowCardinality(wheel_type) AS wheel_type,
        shape, sdist, platforms, fallback, sdist_part, wheel_from, wheel_to, python_from, python_span, mirror, audience, n
    FROM cells ARRAY JOIN range(toUInt64(first), toUInt64(first) + rows) AS n
)`
}

// leaf is a column of the export, nested ones with a dotted name.
type leaf struct{ name, sql string }

// leaves are the columns of the export in its order, as expressions over draws.
func leaves() []leaf {
	known := func(sql string) string { return "if(anonymous, NULL, " + sql + ")" }
	of := func(list, index string) string { return text(list) + "[" + index + "]" }
	return []leaf{
		{"timestamp", fmt.Sprintf("if(n %% %d = %d, NULL, fromUnixTimestamp64Micro(at, 'UTC'))", nullTimeOf, nullTimeAt)},
		{"country_code", of("countries", "c")},
		{"url", known("concat('/packages/', " + pathOf("filename") + ", '/', filename)")},
		{"project", known("project")},
		{"file.filename", known("filename")},
		{"file.project", known("project")},
		{"file.version", known("version")},
		{"file.type", known("if(from_wheel, wheel_type, 'sdist')")},
		{"installer.name", of("installer_names", "i")},
		{"installer.version", of("installer_versions", "i")},
		{"python", of("python_versions", "python_told")},
		{"implementation.name", "if(python_told = 1, NULL, if(pypy, 'PyPy', 'CPython'))"},
		{"implementation.version", "if(pypy, '7.3.17', " + of("python_versions", "python_told") + ")"},
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
		{"ci", "ci"},
	}
}

const stringType = "LowCardinality(Nullable(String))"

// typed gives a leaf its type.
func (l leaf) typed() string {
	switch l.name {
	case "timestamp", "ci":
		return l.sql
	}
	return "CAST(" + l.sql + ", '" + stringType + "')"
}

// selectList is the columns of the export in one of its shapes.
func selectList(s shape) string {
	var parts []string
	if s == flattened {
		for _, l := range leaves() {
			if l.name != "ci" {
				parts = append(parts, l.typed()+" AS "+chconn.Ident(l.name))
			}
		}
		return strings.Join(parts, ",\n    ")
	}
	byName := map[string]string{}
	for _, l := range leaves() {
		byName[l.name] = l.typed()
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
	for _, l := range leaves() {
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

// downloadsQuery writes one file of downloads of a shape at a path.
func downloadsQuery(s shape, path string) string {
	return "INSERT INTO FUNCTION file(" + chconn.Literal(path) + ", 'Parquet')\nSELECT\n    " +
		selectList(s) + "\nFROM (" + draws() + "\n)" + writeSettings
}

// writeSettings make a file's bytes depend on its rows alone: one thread, and
// blocks and row groups of fixed size, which also bound the memory.
const writeSettings = `
SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = 16384, min_insert_block_size_rows = 65536,
    min_insert_block_size_bytes = 0, output_format_parquet_row_group_size = 262144, output_format_parquet_parallel_encoding = 0,
    output_format_parquet_compression_method = 'zstd', output_format_parquet_write_bloom_filter = 0,
    engine_file_truncate_on_insert = 1, max_query_size = 1048576, max_execution_time = 0`
