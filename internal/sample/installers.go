package sample

import (
	"fmt"
	"math"
	"time"
)

// What an installer tells about the machine, as bits.
const (
	tellsPython = 1 << iota
	tellsSystem
	tellsDistro // and libc, cpu, OpenSSL
	tellsCI     // and setuptools, rustc
)

// installer is one version of a program that downloads files.
type installer struct {
	name, version string
	weight        float64
	tells         int64
	mirror        bool
	setuptools    string
	rustc         string
}

// installerColumns is the number of columns of the alias tables over installers.
const installerColumns = 128

const tellsAll = tellsPython | tellsSystem | tellsDistro | tellsCI

// installersOn are the installers of a day, with their shares of it.
func installersOn(d day) []installer {
	pip := pipVersions(d)
	uv := uvVersions(d)
	uvShare := 0.0
	if len(uv) > 0 {
		// 3 % by the end of 2024's first half, a fifth by the middle of 2025, half of pip's by autumn 2026.
		uvShare = 62 / (1 + math.Exp(-1.55*years(dayOf(2026, time.February, 15), d)))
	}
	list := spread(pip, 100-uvShare)
	list = append(list, spread(uv, uvShare)...)
	one := func(weight float64, l life, name, version string, tells int64) {
		if w := weight * l.at(d); w > 0 {
			list = append(list, installer{name: name, version: version, weight: w, tells: tells})
		}
	}
	mirror := func(weight float64, name, version string) {
		list = append(list, installer{name: name, version: version, weight: weight, mirror: true})
	}
	since := func(y int, rise float64) life { return life{from: dayOf(y, time.March, 1), rise: rise} }
	one(2.2, since(2018, 3), "poetry", poetryVersion(d), tellsPython|tellsSystem)
	one(0.35, since(2020, 3), "pdm", "2.18.1", tellsPython|tellsSystem)
	one(0.12, since(2014, 2), "conda", "24.7.1", tellsPython|tellsSystem|tellsDistro)
	one(0.5, life{from: earliest() - 900, stay: 5, fade: 4}, "setuptools", "44.1.1", tellsPython)
	one(1.1, always(), "requests", "2.32.3", tellsPython)
	one(0.7, always(), "Browser", "", 0)
	one(1.3, since(2015, 3), "Nexus", "3.70.1-02", 0)
	one(0.25, since(2014, 3), "devpi", "6.12.1", 0)
	mirror(1.4, "bandersnatch", bandersnatchVersion(d))
	mirror(0.06, "z3c.pypimirror", "1.0.16")
	mirror(1.5, "Artifactory", "7.90.10")
	mirror(0.15, "devpi", "6.12.1")
	one(0.6, always(), "", "", 0)
	return list
}

// spread gives versions, newest first, their parts of a share: a third follows
// the newest, the others lag.
func spread(list []installer, share float64) []installer {
	left := share
	for i := range list {
		part := 0.24
		if i == len(list)-1 {
			part = 1
		}
		list[i].weight = left * part
		left -= list[i].weight
	}
	return list
}

// dated is a version with the month of its release.
type dated struct {
	year    int
	month   time.Month
	version string
}

// newestFirst gives the versions released before a day, at most so many.
func newestFirst(list []dated, d day, most int) []string {
	var versions []string
	for i := len(list) - 1; i >= 0 && len(versions) < most; i-- {
		if dayOf(list[i].year, list[i].month, 28) < d {
			versions = append(versions, list[i].version)
		}
	}
	return versions
}

// pipVersions are the versions of pip in use on a day.
func pipVersions(d day) []installer {
	list := []dated{
		{2013, 1, "1.2.1"}, {2013, 3, "1.3.1"}, {2013, 7, "1.4.1"}, {2014, 1, "1.5.6"}, {2015, 1, "6.0.8"}, {2015, 4, "7.1.2"},
		{2016, 1, "8.0.3"}, {2016, 5, "8.1.2"}, {2016, 11, "9.0.1"}, {2018, 4, "10.0.1"}, {2018, 10, "18.1"}, {2019, 2, "19.0.3"},
		{2019, 10, "19.3.1"}, {2020, 2, "20.0.2"}, {2020, 8, "20.2.4"}, {2021, 1, "20.3.4"}, {2021, 2, "21.0.1"}, {2021, 7, "21.2.4"},
		{2021, 10, "21.3.1"}, {2022, 4, "22.0.4"}, {2022, 11, "22.3.1"}, {2023, 2, "23.0.1"}, {2023, 7, "23.2.1"}, {2023, 12, "23.3.2"},
		{2024, 2, "24.0"}, {2024, 6, "24.1.2"}, {2024, 7, "24.2"}, {2024, 10, "24.3.1"}, {2025, 2, "25.0.1"}, {2025, 5, "25.1.1"},
		{2025, 7, "25.2"}, {2025, 10, "25.3"}, {2026, 1, "26.0"}, {2026, 4, "26.1"}, {2026, 7, "26.2"},
	}
	setuptools := []dated{
		{2013, 1, "0.6c11"}, {2014, 8, "5.5.1"}, {2016, 8, "25.2.0"}, {2018, 4, "39.0.1"}, {2020, 1, "45.2.0"}, {2021, 10, "58.1.0"},
		{2022, 12, "65.5.1"}, {2024, 5, "69.5.1"}, {2024, 8, "72.1.0"}, {2025, 3, "76.0.0"}, {2025, 9, "80.9.0"}, {2026, 5, "82.0.0"},
	}
	rustc := []dated{{2021, 3, "1.50.0"}, {2023, 6, "1.70.0"}, {2024, 8, "1.80.1"}, {2025, 6, "1.87.0"}, {2026, 3, "1.94.0"}}
	tools, compilers := newestFirst(setuptools, d, 4), newestFirst(rustc, d, 2)
	var out []installer
	for i, v := range newestFirst(list, d, 12) {
		p := installer{name: "pip", version: v, tells: tellsAll}
		if len(tools) > 0 && i%4 != 3 { // slim images have none
			p.setuptools = tools[min(i/2, len(tools)-1)]
		}
		if len(compilers) > 0 && i%5 == 2 {
			p.rustc = compilers[i%len(compilers)]
		}
		out = append(out, p)
	}
	return out
}

// uvVersions are the versions of uv in use on a day.
func uvVersions(d day) []installer {
	start := dayOf(2024, time.February, 16)
	if d < start {
		return nil
	}
	var out []installer
	for back := range day(14) {
		// A release every six days; six minor versions a year at first, then two.
		at := d - back*6*(1+back/3)
		if at < start {
			break
		}
		week := int(at-start) / 6
		minorVersion, patch := 1+min(week/17, 8)+max(0, week-153)/40, week%17
		if week >= 136 {
			patch = (week - 136) % 40
		}
		out = append(out, installer{name: "uv", version: fmt.Sprintf("0.%d.%d", minorVersion, patch), tells: tellsAll})
	}
	return out
}

func poetryVersion(d day) string {
	list := []dated{{2018, 3, "0.12.17"}, {2019, 12, "1.0.10"}, {2020, 10, "1.1.15"}, {2022, 9, "1.2.2"}, {2023, 6, "1.6.1"},
		{2024, 3, "1.8.3"}, {2025, 1, "2.0.1"}, {2025, 6, "2.1.4"}, {2025, 12, "2.2.1"}, {2026, 5, "2.4.0"}}
	return firstOr(newestFirst(list, d, 1), "0.12.17")
}

func bandersnatchVersion(d day) string {
	list := []dated{{2013, 1, "1.0"}, {2017, 1, "2.0.0"}, {2019, 1, "3.6.0"}, {2020, 6, "4.4.0"}, {2021, 9, "5.3.0"}, {2023, 6, "6.5.0"}, {2025, 3, "6.6.0"}}
	return firstOr(newestFirst(list, d, 1), "1.0")
}

func firstOr(list []string, or string) string {
	if len(list) == 0 {
		return or
	}
	return list[0]
}
