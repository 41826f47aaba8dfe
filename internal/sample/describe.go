package sample

import (
	"fmt"
	"strings"
	"time"
)

// owner is the account of a project's repository.
func (p *project) owner() string {
	owner, _, _ := strings.Cut(p.repo, "/")
	return owner
}

func (p *project) author() string {
	if normalise(p.owner()) == p.key {
		return "The " + p.name + " developers"
	}
	if hash(hashString(p.key), 1)%9 == 0 {
		return "" // only in author_email, as newer tools write it
	}
	return p.owner()
}

func (p *project) email() string {
	mail := strings.ToLower(p.owner()) + "@users.noreply.github.com"
	switch hash(hashString(p.key), 2) % 4 {
	case 0:
		return ""
	case 1:
		return p.owner() + " <" + mail + ">"
	}
	return mail
}

func (p *project) maintainer() string {
	if hash(hashString(p.key), 3)%4 == 0 {
		return p.name + " maintainers"
	}
	return ""
}

func (p *project) repository() string { return "https://github.com/" + p.repo }

func (p *project) homePage() string {
	switch hash(hashString(p.key), 4) % 4 {
	case 0:
		return ""
	case 1:
		return "https://" + p.key + ".readthedocs.io"
	}
	return p.repository()
}

func (p *project) downloadURL() string {
	if hash(hashString(p.key), 5)%6 == 0 {
		return "https://pypi.org/project/" + p.key + "/#files"
	}
	return ""
}

// urls are "label, address", as the metadata has them.
func (p *project) urls() []string {
	label := []string{"Source", "Source Code", "Repository", "GitHub", "source"}[hash(hashString(p.key), 6)%5]
	list := []string{label + ", " + p.repository()}
	if h := hash(hashString(p.key), 7); h%3 > 0 {
		list = append([]string{"Documentation, https://" + p.key + ".readthedocs.io/"}, list...)
	}
	if h := hash(hashString(p.key), 8); h%2 > 0 {
		list = append(list, "Issue Tracker, "+p.repository()+"/issues")
	}
	if h := hash(hashString(p.key), 9); h%3 == 0 {
		list = append(list, "Changelog, "+p.repository()+"/releases")
	}
	return list
}

func (p *project) description() string {
	return fmt.Sprintf("# %s\n\n%s\n\n## Installation\n\n```\npip install %s\n```\n\nSource code and issues: <%s>. License: %s.\n",
		p.name, p.summary, p.key, p.repository(), p.license)
}

// keywords are the longer words of the summary.
func (p *project) keywords() string {
	if hash(hashString(p.key), 10)%3 == 0 {
		return ""
	}
	var list []string
	for _, word := range strings.FieldsFunc(strings.ToLower(p.summary), func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' }) {
		if len(word) > 4 && len(list) < 5 {
			list = append(list, word)
		}
	}
	return strings.Join(list, ",")
}

// classifiers of a release.
func (p *project) classifiers(lines []pythonLine, r *release) []string {
	status := "5 - Production/Stable"
	if strings.HasPrefix(r.version, "0.") {
		status = "4 - Beta"
	}
	list := []string{
		"Development Status :: " + status,
		"Intended Audience :: Developers",
		licenseClassifier(p.license),
		[audiences]string{
			general: "Operating System :: OS Independent", cloud: "Operating System :: OS Independent", data: "Operating System :: OS Independent",
			machine: "Operating System :: OS Independent", developer: "Operating System :: OS Independent",
			interactive: "Operating System :: OS Independent", windows: "Operating System :: Microsoft :: Windows",
			linux: "Operating System :: POSIX :: Linux",
		}[p.audience],
		"Programming Language :: Python",
	}
	for m := r.oldest; int(m) < len(lines) && lines[m].released <= r.day; m++ {
		list = append(list, "Programming Language :: Python :: "+lines[m].name)
	}
	return append(list, [audiences]string{
		general: "Topic :: Software Development :: Libraries :: Python Modules", cloud: "Topic :: Internet",
		data: "Topic :: Scientific/Engineering", machine: "Topic :: Scientific/Engineering :: Artificial Intelligence",
		developer: "Topic :: Software Development :: Build Tools", interactive: "Topic :: Software Development",
		windows: "Topic :: Software Development", linux: "Topic :: Scientific/Engineering",
	}[p.audience])
}

func licenseClassifier(license string) string {
	switch {
	case strings.HasPrefix(license, "MIT"):
		return "License :: OSI Approved :: MIT License"
	case strings.HasPrefix(license, "Apache"):
		return "License :: OSI Approved :: Apache Software License"
	case strings.HasPrefix(license, "BSD"):
		return "License :: OSI Approved :: BSD License"
	case strings.HasPrefix(license, "MPL"):
		return "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)"
	case strings.HasPrefix(license, "PSF"):
		return "License :: OSI Approved :: Python Software Foundation License"
	case strings.HasPrefix(license, "LGPL"):
		return "License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)"
	}
	return "License :: OSI Approved"
}

// requiresPython is the requirement that admits a release's oldest Python.
func requiresPython(lines []pythonLine, p *project, r *release) string {
	switch {
	case r.day < dayOf(2016, time.December, 1):
		return "" // the field came with metadata 1.2 and pip 9
	case r.oldest > 0:
		return ">=" + lines[r.oldest].name
	case p.kind == sdistOnly || p.kind == egg:
		return ""
	case r.day < dayOf(2019, time.March, 1):
		return ">=2.7, !=3.0.*, !=3.1.*, !=3.2.*, !=3.3.*"
	}
	return ">=2.7, !=3.0.*, !=3.1.*, !=3.2.*"
}

// metadataVersion is what tools wrote at a time.
func metadataVersion(d day) string {
	switch {
	case d < dayOf(2018, 6, 1):
		return "2.0"
	case d < dayOf(2022, 6, 1):
		return "2.1"
	case d < dayOf(2024, 12, 1):
		return "2.3"
	}
	return "2.4"
}

// uploadedVia is the program that uploaded at a time.
func uploadedVia(d day) string {
	switch {
	case d < dayOf(2016, 6, 1):
		return "Python-urllib/2.7"
	case d < dayOf(2020, 1, 1):
		return "twine/1.13.0 pkginfo/1.5.0.1 requests/2.22.0 setuptools/41.0.1 requests-toolbelt/0.9.1 tqdm/4.32.1 CPython/3.7.3"
	case d < dayOf(2024, 10, 1):
		return "twine/5.1.1 CPython/3.12.5"
	}
	return "twine/6.1.0 CPython/3.13.7"
}

// size is the usual number of bytes of the files of a project's k-th release:
// releases grow slowly.
func (p *project) size(k int) int64 {
	u := unit(forSize, hashString(p.key))
	base := 18_000 + 400_000*u*u
	switch {
	case p.kind == linuxOnly:
		base = 60e6 + 500e6*u
	case p.kind == nativeNoSdist:
		base = 40e6 + 600e6*u
	case perPython(p.kind) && (p.audience == data || p.audience == machine):
		base = 4e6 + 26e6*u
	case perPython(p.kind) || p.kind == stableABI || p.kind == program || p.kind == binary:
		base = 150_000 + 12e6*u*u
	}
	return int64(base * (1 + 0.012*float64(k)))
}
