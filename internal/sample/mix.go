package sample

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"
)

//go:embed installers.txt
var installersText string

//go:embed machines.txt
var machinesText string

// mix is what downloads come from: installers and machines, with their lives.
type mix struct{ installers, machines []profile }

// profile is one line of a table: what it weighs, since when and until it fades,
// and the texts that its downloads report.
type profile struct {
	weight     float64
	since      day
	rise, fade float64 // years; 0 for fade: it stays
	fields     []string
}

// newMix reads the tables. A test reads them too: a mistake in them is a panic.
func newMix() mix {
	return mix{readProfiles(installersText), readProfiles(machinesText)}
}

func readProfiles(text string) []profile {
	var list []profile
	for _, line := range tableLines(text) {
		since, err := month(line[1])
		if err != nil {
			panic(fmt.Sprintf("sample: %q: %v", line, err))
		}
		p := profile{weight: number(line[0]), since: since, rise: number(line[2]), fade: number(line[3]), fields: line[4:]}
		list = append(list, p)
	}
	return list
}

// number reads a field of a table.
func number(s string) float64 {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("sample: %v", err))
	}
	return x
}

// on is the weight on a day.
func (p profile) on(d day) float64 {
	age := years(p.since, d)
	if age <= 0 {
		return 0
	}
	x := p.weight * (1 - math.Exp(-2*age*age/p.rise/p.rise))
	if p.fade > 0 {
		x *= math.Exp(-age / p.fade)
	}
	return x
}

// Numbers of slots that draws choose from; downloads.sql has them too.
const (
	wideSlots    = 1024 // installers, countries, Pythons
	machineSlots = 256  // for each audience
)

// params is the mix of a day as parameters of the query that draws from it.
func (m mix) params(d day, lines []pythonLine) map[string]any {
	params := pythonParams(lines, d)
	params["installers"] = append(m.installerSlots(d, "-"), m.installerSlots(d, "mirror")...)
	texts(params, m.installers, "installer_names", "installer_versions", "", "", "setuptools", "rustc")
	params["told"], params["sidecars"] = integers(m.installers, 2), m.sidecars()
	var machines []int64
	for _, a := range audiences() {
		machines = append(machines, m.machineSlots(a, d)...)
	}
	params["machines"] = machines
	texts(params, m.machines, "system_names", "system_releases", "distro_names", "distro_versions", "distro_ids", "libc_libs", "libc_versions",
		"cpus", "openssl")
	params["machine_platforms"], params["machine_ci"], params["machine_people"] = integers(m.machines, 9), integers(m.machines, 10), integers(m.machines, 11)
	var codes []string
	var servers, people []float64
	for entry := range strings.SplitSeq(countries, ",") {
		f := strings.Fields(entry)
		codes = append(codes, strings.Trim(f[0], "-"))
		servers, people = append(servers, number(f[1])), append(people, number(f[2]))
	}
	params["codes"] = codes
	params["countries"] = append(slots(servers, wideSlots), slots(people, wideSlots)...)
	return params
}

// installerSlots are those that mirrors use, or all others.
func (m mix) installerSlots(d day, who string) []int64 {
	weights := make([]float64, len(m.installers))
	for i, p := range m.installers {
		if p.fields[3] == who {
			weights[i] = p.on(d)
		}
	}
	return slots(weights, wideSlots)
}

// sidecars are 1 for installers that fetch a wheel's metadata before the wheel
// (PEP 658), which pip does since 23.2.
func (m mix) sidecars() []int64 {
	list := make([]int64, len(m.installers))
	for i, p := range m.installers {
		if p.fields[0] == "uv" || p.fields[0] == "pip" && p.since >= dayOf(2023, 7, 1) {
			list[i] = 1
		}
	}
	return list
}

// machineSlots are the machines of an audience.
func (m mix) machineSlots(a audience, d day) []int64 {
	weights := make([]float64, len(m.machines))
	for i, p := range m.machines {
		weights[i] = p.on(d) * map[string]float64{"Linux": a.linux, "Darwin": a.mac, "Windows": a.windows, "FreeBSD": a.mac}[p.fields[0]]
	}
	return slots(weights, machineSlots)
}

// texts adds a parameter for each column of a table that has a name.
func texts(params map[string]any, table []profile, names ...string) {
	for i, name := range names {
		var column []string
		for _, p := range table {
			column = append(column, strings.Trim(p.fields[i], "-"))
		}
		params[name] = column
	}
	delete(params, "")
}

// integers is a column of a table that holds whole numbers.
func integers(table []profile, column int) []int64 {
	var list []int64
	for _, p := range table {
		list = append(list, int64(number(p.fields[column])))
	}
	return list
}

// pythonParams are the slots of the minor versions, and the versions and tags of
// each.
func pythonParams(lines []pythonLine, d day) map[string]any {
	var weights []float64
	var versions, tags, free []string
	for _, l := range lines {
		patches := l.patches(d)
		weights, versions, tags = append(weights, l.popularity(d)), append(versions, patches[:]...), append(tags, l.tag())
		free = append(free, l.freeThreaded())
	}
	return map[string]any{
		"pythons": slots(weights, wideSlots), "python_versions": versions, "platform_tags": platformTags(),
		// The tags of free-threaded Pythons stand behind those of the others.
		"python_tags": append(tags, free...), "pythons_known": len(lines),
	}
}

// countries are the origins of downloads with their weights among servers, many
// of which stand in few data centres, and among people, who are everywhere.
const countries = "US 560 210,DE 50 55,IN 34 110,CN 34 75,FR 30 38,GB 32 52,JP 36 40,CA 23 32,NL 31 20,SG 26 16,IE 40 5," +
	"BR 16 46,RU 20 36,KR 20 30,AU 15 24,PL 7 17,ES 8 22,IT 8 21,SE 8 10,CH 6 10,HK 9 9,TW 7 14,IL 5 10,FI 6 5,BE 4 7,AT 3 6," +
	"DK 3 7,NO 3 6,CZ 3 7,PT 2 7,TR 4 13,ID 5 14,VN 4 13,MX 3 14,AR 2 10,CO 2 9,CL 2 6,ZA 3 7,UA 2 8,RO 2 7,HU 2 5,GR 1 5," +
	"TH 2 8,MY 2 8,PH 2 9,PK 1 10,BD 1 6,EG 1 5,NG 1 6,KE 1 3,NZ 2 4,IR 1 8,AE 2 4,-- 6 4"
