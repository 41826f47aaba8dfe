package sample

import (
	"fmt"
	"strings"

	"clickql/internal/chconn"
)

// draws is the query's inner part: one row for each download with everything
// about it that is drawn, each draw from bits of its own of three hashes of the
// row's number. What depends on a draw is a level further out: within one
// level the server would write out every use of a name, and analyse a query
// many times the size.
func draws() string {
	query := `
    SELECT day, toLowCardinality(nullIf(project, '')) AS project, toLowCardinality(nullIf(version, '')) AS version,
        toLowCardinality(nullIf(base, '')) AS base, toLowCardinality(nullIf(sbase, '')) AS sbase,
        toLowCardinality(tag) AS tag, toLowCardinality(extension) AS extension, wheel_type, sdist_type,
        shape, sdist, platforms, fallback, sdist_part, wheel_from, wheel_to, python_from, python_span, mirror, audience, n
    FROM cells ARRAY JOIN range(toUInt64(first), toUInt64(first) + rows) AS n`
	for _, level := range drawLevels() {
		var parts []string
		for _, l := range level {
			parts = append(parts, l.sql+" AS "+chconn.Ident(l.name))
		}
		query = "\nSELECT *, " + strings.Join(parts, ",\n    ") + "\nFROM (" + query + "\n)"
	}
	return query
}

// drawLevels are the draws, each level from those before it.
func drawLevels() [][]leaf {
	return [][]leaf{
		{{"h1", "cityHash64({seed:UInt64}, n)"}},
		{
			{"h2", "intHash64(h1)"},
			{"h3", "intHash64(bitXor(h1, 0x9e3779b97f4a7c15))"},
			{"installer_column", "toUInt8(bitAnd(h1, 127))"},
			{"installer_table", fmt.Sprintf("if(toUInt8(bitShiftRight(h1, 24)) < mirror, %d, 1)", installerColumns+1)},
			{"system_column", fmt.Sprintf("toUInt8(bitAnd(bitShiftRight(h1, 32), %d))", systemColumns-1)},
			{"system_table", fmt.Sprintf("toUInt16(audience) * %d + 1", systemColumns)},
		},
		{
			{"i", pick("installer", "toUInt16(bitShiftRight(h1, 8))")},
			{"s", pick("system", "toUInt16(bitShiftRight(h1, 40))")},
			{"country_column", fmt.Sprintf("toUInt8(bitAnd(bitShiftRight(h2, 8), %d))", countryColumns-1)},
			{"slot", "python_from + bitShiftRight(toUInt32(toUInt16(bitShiftRight(h2, 32))) * python_span, 16) + 1"},
			{"clock", "toUInt16(toUInt8(bitShiftRight(h3, 8))) + 1"},
			{"security", "toUInt8(bitAnd(bitShiftRight(h3, 48), 15)) + 1"},
			{"part", "toUInt8(bitShiftRight(h3, 56))"},
		},
		{
			{"told", number("tells", "UInt8") + "[i]"},
			{"automated", "toUInt8(h2) < " + number("system_ci", "UInt16") + "[s]"},
			{"python_minor", number("python_minors", "UInt8") + "[slot]"},
			{"slice", number("bounds", "UInt32") + "[clock]"},
			{"slice_end", number("bounds", "UInt32") + "[clock + 1]"},
		},
		{
			{"country_table", fmt.Sprintf("multiIf(NOT bitTest(told, 1), %d, automated, %d, %s[s])",
				1+countryColumns*unreported, 1+countryColumns*onCI, number("country_tables", "UInt16"))},
			{"system_told", "if(bitTest(told, 1), s, 1)"},
			{"distro_told", "if(bitTest(told, 2), s, 1)"},
			{"ci", "if(bitTest(told, 3) AND bitAnd(h2, 7) != 5, automated, NULL)"},
			{"python_told", "if(bitTest(told, 0), " + number("python_slots", "UInt16") + "[slot], 1)"},
			{"pypy", "bitTest(told, 0) AND toUInt8(h3) < 2 AND python_minor > 4"},
			{"at", "toInt64(day) * 86400000000 + toInt64(slice) * 1000000 + " +
				"toInt64(bitShiftRight(toUInt64(toUInt32(bitShiftRight(h3, 16))) * (slice_end - slice) * 1000000, 32))"},
			{"own_platform", "toUInt8(if(bitTest(told, 1), " + number("system_platforms", "UInt8") + "[s], toUInt8(bitShiftRight(h2, 48)) % 6 + 1))"},
		},
		{
			{"c", pick("country", "toUInt16(bitShiftRight(h2, 16))")},
			{"supported", "bitTest(platforms, own_platform)"},
		},
		{
			{"platform", "if(supported, own_platform, fallback)"},
			{"from_wheel", fmt.Sprintf("shape > %d AND (sdist = 0 OR (part >= if(told = 0, 110, sdist_part) AND (shape = %d OR (supported AND "+
				"(shape = %d OR (python_minor BETWEEN wheel_from AND wheel_to AND NOT pypy))))))", noWheel, oneWheel, platformWheels)},
		},
		{
			{"filename", fmt.Sprintf("toLowCardinality(if(from_wheel, concat(base, '-', tag, "+
				"if(shape = %d, %s[greatest(least(python_minor, wheel_to), wheel_from)], ''), if(shape = %d, '', concat('-', %s[platform])), extension), "+
				"concat(sbase, '.tar.gz')))", pythonWheels, plain("python_tags"), oneWheel, plain("platform_tags"))},
		},
	}
}

// pick draws from an alias table: the column that is there, or its alias.
func pick(table, coin string) string {
	return fmt.Sprintf("if(%s < %s[%s_table + %s_column], %s_column, %s[%s_table + %s_column]) + 1",
		coin, number(table+"_threshold", "UInt32"), table, table, table, number(table+"_alias", "UInt8"), table, table)
}

// text is a typed parameter that holds texts.
func text(name string) string { return "{" + name + ":Array(" + stringType + ")}" }

// plain is a typed parameter that holds a list of strings.
func plain(name string) string { return "{" + name + ":Array(String)}" }

// number is a typed parameter that holds a list of numbers.
func number(name, typ string) string { return "{" + name + ":Array(" + typ + ")}" }
