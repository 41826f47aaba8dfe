// Package wheeltag writes the SQL that tells, from a distribution's file name,
// what a wheel is for: its platform, its architecture and its ABI, by the tags at
// the name's end (PEP 425, with PEP 600 and its legacy names, 656, 730 and 738).
//
//	numpy-1.26.4-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
//	└ name  └ version  └ Python └ ABI └ platforms, a compressed set
//
// What is no wheel has three empty values: other kinds of files, and names that
// are no wheel's (their version is none of PEP 440's, a tag is missing).
//
// The expressions run once for each download that is loaded. So nearly all of the
// work is done on values of low cardinality, where ClickHouse computes each
// distinct value of a block once: the pieces of a name between its dashes, and not
// the name. Sorting a set of different platforms is left to the names that have
// one. Together they cost about a microsecond of processor per row.
package wheeltag

import (
	"strings"

	"clickql/internal/chconn"
)

// Patterns of the pieces of a wheel's name, for RE2.
const (
	// name is PEP 427's: words, with single underscores for what was escaped.
	name = `^_?(?:[\pL\pN.]+_?)*$`
	// version is PEP 440's, in lower case, with no dash, as a wheel's name has it.
	version = `^v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*(?:[_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[_.]?[0-9]*)?` +
		`(?:[_.]?(?:post|rev|r)[_.]?[0-9]*)?(?:[_.]?dev[_.]?[0-9]*)?(?:\+[a-z0-9]+(?:[_.][a-z0-9]+)*)?$`
	// tags are three sets of at least one each.
	tags = `^[^-.]+(?:[.][^-.]+)*-[^-.]+(?:[.][^-.]+)*-[^-.]+(?:[.][^-.]+)*$`
)

// spellings makes platform tags canonical, each within a dotted set: legacy names
// are what PEP 600 says of them, Windows is win_ARCH like the others, and whether
// an iOS wheel is for a device or a simulator is left out. Then each tag that has
// an architecture gets a bar before it.
var spellings = [][2]string{
	{`\bmanylinux1_`, `manylinux_2_5_`},
	{`\bmanylinux2010_`, `manylinux_2_12_`},
	{`\bmanylinux2014_`, `manylinux_2_17_`},
	{`\bwin32\b`, `win_x86`},
	{`\bwin_amd64\b`, `win_x86_64`},
	{`\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\b`, `\1`},
	{`\bany\b`, `any|any`},
	{`(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)`, `\1\2|\3`},
}

// Columns are the expressions for a file's name, by what they tell.
type Columns struct {
	// Platform is the floor of what the wheel runs on, without the architecture:
	// any, manylinux_2_17, musllinux_1_1, macosx_11_0, win, linux, ... Of several,
	// it is the first in this order, and of one kind the lowest version. A tag that
	// names no system is itself.
	Platform string
	// Arch is the machine: any, x86_64, aarch64, arm64, universal2, x86, ...; multi
	// where the tags name several.
	Arch string
	// ABI is none, abi3, cp313, cp313t, ...; multi where the tags name several.
	ABI string
}

// Of writes the expressions for the file's name, itself an expression.
func Of(filename string) Columns {
	valid := isWheel(filename)
	marked := lowCardinality("lower(substringIndex(" + withoutSuffix(filename) + ", '-', -1))")
	for _, s := range spellings {
		marked = replaceAll(marked, s[0], s[1])
	}
	platforms := replaceAll(marked, `[|][^.]*`, ``)
	archs := replaceAll(marked, `[^.|]+(?:[|]([^.]*))?`, `\1`)
	abis := "substringIndex(substringIndex(" + tagsOf(filename) + ", '-', 2), '-', -1)"
	floor := "arraySort(p -> " + rank("p") + ", " + distinct(platforms) + ")[1]"
	return Columns{
		Platform: where(valid, single(platforms, floor)),
		Arch:     where(valid, single(archs, "'multi'")),
		ABI:      where(valid, single(abis, "'multi'")),
	}
}

// isWheel is the condition that the name is a wheel's.
func isWheel(filename string) string {
	dashes := "countSubstrings(" + filename + ", '-')"
	piece := func(n string) string {
		return "substringIndex(substringIndex(" + filename + ", '-', " + n + "), '-', -1)"
	}
	return strings.Join([]string{
		"endsWith(" + filename + ", '.whl')",
		matches(lowCardinality("substringIndex("+filename+", '-', 1)"), name),
		matches(lowCardinality("lower("+piece("2")+")"), version),
		matches(tagsOf(filename), tags),
		// Between version and tags there may be a build tag, which begins with a digit.
		"(" + dashes + " = 4 OR " + dashes + " = 5 AND match(" + piece("3") + ", '^[0-9]'))",
	}, " AND ")
}

// tagsOf is the end of a wheel's name: Python, ABI and platforms.
func tagsOf(filename string) string {
	return lowCardinality("lower(substringIndex(" + withoutSuffix(filename) + ", '-', -3))")
}

// withoutSuffix is the name without .whl.
func withoutSuffix(filename string) string {
	return "substring(" + filename + ", 1, length(" + filename + ") - 4)"
}

// single is the one tag of a dotted set, or the other expression for a set of
// different ones.
func single(set, otherwise string) string {
	return "if(position(" + set + ", '.') = 0, toString(" + set + "), if(length(" + distinct(set) + ") = 1, " + distinct(set) + "[1], " + otherwise + "))"
}

// distinct are the tags of a dotted set.
func distinct(set string) string { return "arrayDistinct(splitByChar('.', toString(" + set + ")))" }

// rank orders platforms, the floor first.
func rank(platform string) string {
	kind := "indexOf(['any', 'manylinux', 'musllinux', 'macosx', 'ios', 'android', 'win', 'linux'], substringIndex(" + platform + ", '_', 1))"
	number := func(n string) string { return "toUInt32OrZero(splitByChar('_', " + platform + ")[" + n + "])" }
	return "(if(" + kind + " = 0, 99, " + kind + "), " + number("2") + ", " + number("3") + ", " + platform + ")"
}

func where(condition, expression string) string {
	return "if(" + condition + ", " + expression + ", '')"
}

func lowCardinality(expression string) string { return "toLowCardinality(" + expression + ")" }

func matches(expression, pattern string) string {
	return "match(" + expression + ", " + chconn.Literal(pattern) + ")"
}

func replaceAll(expression, pattern, by string) string {
	return "replaceRegexpAll(" + expression + ", " + chconn.Literal(pattern) + ", " + chconn.Literal(by) + ")"
}
