package sample

import (
	"strings"

	"clickql/internal/chconn"
)

// texts is a parameter of the type that text names: "" stands for NULL.
type texts []string

// String writes the list as the server reads it.
func (t texts) String() string {
	var b strings.Builder
	for i, s := range t {
		b.WriteByte("[,"[min(i, 1)])
		if s == "" {
			b.WriteString("NULL")
		} else {
			b.WriteString(chconn.Literal(s))
		}
	}
	return b.String() + "]"
}

// mix is the installers, systems, countries and Pythons of one day, as
// parameters of the query that draws from them.
type mix struct {
	python pythonMix
	params map[string]any
}

// newMix is the mix on a day.
func (w *world) newMix(d day) mix {
	m := mix{python: newPythonMix(w.lines, d), params: map[string]any{"seed": w.options.Seed, "bounds": clockBounds()}}
	m.addPythons(w.lines)
	m.addInstallers(installersOn(d))
	m.addSystems(w.systems, d)
	m.addCountries(w.countries)
	m.addSecurity(d)
	return m
}

// addPythons adds the version and the minor of each slot. Index 1 of the
// versions is what is not reported.
func (m *mix) addPythons(lines []pythonLine) {
	slots, minors := make([]int64, 0, pythonSlots), make([]int64, 0, pythonSlots)
	for _, s := range m.python.slots {
		slots = append(slots, int64(s)+2)
		minors = append(minors, int64(m.python.minors[s])+1)
	}
	var tags []string
	for _, l := range lines {
		abi := l.tag
		if l.released < dayOf(2019, 10, 1) { // the m of pymalloc went with 3.8
			abi += "m"
		}
		tags = append(tags, l.tag+"-"+abi)
	}
	m.params["python_slots"], m.params["python_minors"] = slots, minors
	m.params["python_versions"] = append(append(texts{""}, m.python.versions...), "7.3.17") // PyPy's own
	m.params["implementations"] = texts{"", "CPython", "PyPy"}
	m.params["file_types"] = texts(fileTypes())
	m.params["python_tags"] = tags
	m.params["platform_tags"] = platformTags()[1:]
}

// addInstallers adds two alias tables, one after the other: what people and
// machines use, and what mirrors use.
func (m *mix) addInstallers(list []installer) {
	var names, versions, setuptools, rustc texts
	var tells []int64
	people, mirrors := make([]float64, len(list)), make([]float64, len(list))
	for i, l := range list {
		names, versions = append(names, l.name), append(versions, l.version)
		setuptools, rustc = append(setuptools, l.setuptools), append(rustc, l.rustc)
		tells = append(tells, l.tells)
		if l.mirror {
			mirrors[i] = l.weight
		} else {
			people[i] = l.weight
		}
	}
	a, b := newAliasTable(people, installerColumns), newAliasTable(mirrors, installerColumns)
	m.params["installer_threshold"] = append(a.threshold, b.threshold...)
	m.params["installer_alias"] = append(a.alias, b.alias...)
	m.params["installer_names"], m.params["installer_versions"] = names, versions
	m.params["setuptools"], m.params["rustc"], m.params["tells"] = setuptools, rustc, tells
}

// addSystems adds an alias table for each audience, one after the other, and
// the columns of the systems. Index 1 is the system that reports nothing.
func (m *mix) addSystems(systems []system, d day) {
	var threshold, alias []int64
	for a := range audiences {
		t := newAliasTable(systemWeights(systems, a, d), systemColumns)
		threshold, alias = append(threshold, t.threshold...), append(alias, t.alias...)
	}
	m.params["system_threshold"], m.params["system_alias"] = threshold, alias
	text := map[string]func(system) string{
		"system_names":    func(s system) string { return s.name },
		"system_releases": func(s system) string { return s.release },
		"distro_names":    func(s system) string { return s.distro },
		"distro_versions": func(s system) string { return s.distroVersion },
		"distro_ids":      func(s system) string { return s.distroID },
		"libc_libs":       func(s system) string { return s.lib },
		"libc_versions":   func(s system) string { return s.libVersion },
		"cpus":            func(s system) string { return s.cpu },
		"openssl":         func(s system) string { return s.openssl },
	}
	for name, of := range text {
		list := make(texts, len(systems))
		for i, s := range systems {
			list[i] = of(s)
		}
		m.params[name] = list
	}
	number := map[string]func(system) int64{
		"system_platforms": func(s system) int64 { return int64(s.platform) },
		"system_ci":        func(s system) int64 { return int64(s.ci * 256) },
		"country_tables": func(s system) int64 { // offset of the circle's table
			if s.desktop {
				return 1 + countryColumns*int64(onDesktop)
			}
			return 1 + countryColumns*int64(onServer)
		},
	}
	for name, of := range number {
		list := make([]int64, len(systems))
		for i, s := range systems {
			list[i] = of(s)
		}
		m.params[name] = list
	}
}

// addCountries adds an alias table for each circle, one after the other.
func (m *mix) addCountries(countries []country) {
	var threshold, alias []int64
	for c := range circles {
		weights := make([]float64, len(countries))
		for i, country := range countries {
			weights[i] = country.weights[c]
		}
		t := newAliasTable(weights, countryColumns)
		threshold, alias = append(threshold, t.threshold...), append(alias, t.alias...)
	}
	codes := make(texts, countryColumns)
	for i, c := range countries {
		codes[i] = c.code
	}
	m.params["country_threshold"], m.params["country_alias"], m.params["countries"] = threshold, alias, codes
}

// addSecurity adds sixteen equally likely protocols and ciphers: TLS 1.3 came
// to the site in 2018 and won over the years.
func (m *mix) addSecurity(d day) {
	modern := max(0, min(14, int(2.2*years(dayOf(2018, 9, 1), d))))
	var protocols, ciphers texts
	for i := range 16 {
		protocol, cipher := "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"
		switch {
		case i < modern:
			protocol, cipher = "TLSv1.3", "TLS_AES_256_GCM_SHA384"
			if i%5 == 4 {
				cipher = "TLS_AES_128_GCM_SHA256"
			}
		case i == 15:
			cipher = "ECDHE-RSA-CHACHA20-POLY1305"
		}
		protocols, ciphers = append(protocols, protocol), append(ciphers, cipher)
	}
	m.params["tls_protocols"], m.params["tls_ciphers"] = protocols, ciphers
}
