package sample

import (
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/ext"
)

// Forms of a release's wheels, as the queries know them.
const (
	noWheel        = iota
	oneWheel       // the tag is whole
	platformWheels // the tag lacks the platform
	pythonWheels   // one for each Python and platform
)

// Types of files, as indices from 1 into the parameter file_types.
const (
	typeNone = 1 + iota
	typeSdist
	typeWheel
	typeEgg
)

// fileTypes are the texts of the types.
func fileTypes() []string { return []string{"", "sdist", "bdist_wheel", "bdist_egg"} }

// form is what a query needs to know of a release's files.
type form struct {
	shape     uint8
	tag       string
	extension string
	wheelType uint8
	sdist     uint8 // 1 if there is one
	platforms uint8 // bit i for platform i
	fallback  uint8 // platform of a download whose own has no wheel and there is no sdist
	sdistPart uint8 // of 256: installed from source although there is a wheel
}

// allPlatforms is the bits of every platform.
const allPlatforms = 1<<manylinuxX86 | 1<<manylinuxARM | 1<<musllinux | 1<<macARM | 1<<macX86 | 1<<windowsX86

// formOf is the form of a release's files.
func formOf(p *project, r *release) form {
	f := form{shape: platformWheels, tag: r.wheelTag, extension: ".whl", wheelType: typeWheel, sdist: 1,
		platforms: allPlatforms, fallback: uint8(manylinuxX86), sdistPart: 4}
	switch p.kind {
	case pure, universal:
		f.shape, f.sdistPart = oneWheel, 9
	case native, nativeNoWin, nativeNoSdist:
		f.shape = pythonWheels
	case windowsOnly:
		f.shape, f.platforms, f.fallback = pythonWheels, 1<<windowsX86, uint8(windowsX86)
	case linuxOnly:
		f.platforms = 1<<manylinuxX86 | 1<<manylinuxARM
	case sdistOnly:
		f.shape = noWheel
	case egg:
		f.shape, f.extension, f.wheelType, f.sdistPart = oneWheel, ".egg", typeEgg, 150
	}
	switch p.kind {
	case nativeNoWin:
		f.platforms &^= 1 << windowsX86
	case nativeNoSdist, binary, linuxOnly, windowsOnly:
		f.sdist = 0
	}
	return f
}

// stems are the beginnings of the names of a release's wheel and sdist. Sdists
// kept the author's spelling until PEP 625.
func stems(p *project, r *release) (wheel, sdist string) {
	wheel = underscored(p.key) + "-" + r.version
	if r.day < dayOf(2023, 6, 1) {
		return wheel, strings.ReplaceAll(p.name, " ", "-") + "-" + r.version
	}
	return wheel, wheel
}

// mirrorPart is the part, of 256, of a project's downloads that mirrors make:
// they fetch everything, so most of what rarely used projects have.
func mirrorPart(weight float64) uint8 {
	return uint8(255 * (0.01 + 0.6/(1+weight/0.15)))
}

// cellTable collects the cells of one file in columns and becomes the external
// table that the query reads.
type cellTable struct {
	day                                          []int32
	first                                        []int64
	rows                                         []uint32
	project, version, base, sbase                []string
	tag, extension                               []string
	wheelType, sdistType                         []uint8
	shape, sdist, platforms, fallback, sdistPart []uint8
	wheelFrom, wheelTo                           []uint8 // Python minors from 1
	pythonFrom, pythonSpan                       []uint16
	mirror, audience                             []uint8
}

// add appends a cell; the mix places the Pythons that run the release.
func (t *cellTable) add(c cell, mix pythonMix) {
	p, r := c.project, c.release
	f := formOf(p, r)
	base, sbase := stems(p, r)
	t.day = append(t.day, int32(c.day))
	t.first = append(t.first, c.first)
	t.rows = append(t.rows, uint32(c.rows))
	wheelType, sdistType, key, version := f.wheelType, uint8(typeSdist), p.key, r.version
	if c.anonymous {
		wheelType, sdistType, key, version, base, sbase = typeNone, typeNone, "", "", "", ""
	}
	t.project = append(t.project, key)
	t.version = append(t.version, version)
	t.base = append(t.base, base)
	t.sbase = append(t.sbase, sbase)
	t.sdistType = append(t.sdistType, sdistType)
	t.tag = append(t.tag, f.tag)
	t.extension = append(t.extension, f.extension)
	t.wheelType = append(t.wheelType, wheelType)
	t.shape = append(t.shape, f.shape)
	t.sdist = append(t.sdist, f.sdist)
	t.platforms = append(t.platforms, f.platforms)
	t.fallback = append(t.fallback, f.fallback)
	t.sdistPart = append(t.sdistPart, f.sdistPart)
	t.wheelFrom = append(t.wheelFrom, uint8(r.oldest)+1)
	t.wheelTo = append(t.wheelTo, uint8(r.newest)+1)
	newest := r.newest
	if f.shape == pythonWheels {
		// Some install on a newer Python than there are wheels for.
		newest = min(newest+1, minor(len(mix.from)-2))
	}
	lo, hi := mix.between(r.oldest, newest)
	t.pythonFrom = append(t.pythonFrom, uint16(lo))
	t.pythonSpan = append(t.pythonSpan, uint16(hi-lo))
	t.mirror = append(t.mirror, mirrorPart(p.weight))
	t.audience = append(t.audience, uint8(p.audience))
}

// table is the external table, in one block.
func (t *cellTable) table() (*ext.Table, error) {
	return columns("cells",
		column{"day", "Int32", t.day}, column{"first", "Int64", t.first}, column{"rows", "UInt32", t.rows},
		column{"project", "String", t.project}, column{"version", "String", t.version},
		column{"base", "String", t.base}, column{"sbase", "String", t.sbase}, column{"tag", "String", t.tag},
		column{"extension", "String", t.extension}, column{"wheel_type", "UInt8", t.wheelType},
		column{"sdist_type", "UInt8", t.sdistType},
		column{"shape", "UInt8", t.shape}, column{"sdist", "UInt8", t.sdist}, column{"platforms", "UInt8", t.platforms},
		column{"fallback", "UInt8", t.fallback}, column{"sdist_part", "UInt8", t.sdistPart},
		column{"wheel_from", "UInt8", t.wheelFrom}, column{"wheel_to", "UInt8", t.wheelTo},
		column{"python_from", "UInt16", t.pythonFrom}, column{"python_span", "UInt16", t.pythonSpan},
		column{"mirror", "UInt8", t.mirror}, column{"audience", "UInt8", t.audience})
}
