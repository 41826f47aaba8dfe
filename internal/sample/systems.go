package sample

import "time"

// platform is the part of a wheel's tag that names a system, by index.
type platform int

const (
	noPlatform platform = iota
	manylinuxX86
	manylinuxARM
	musllinux
	macARM
	macX86
	windowsX86
	platforms
)

// platformTags are the tags of the platforms in the file names of wheels.
func platformTags() []string {
	return []string{
		"any",
		"manylinux_2_17_x86_64.manylinux2014_x86_64",
		"manylinux_2_17_aarch64.manylinux2014_aarch64",
		"musllinux_1_2_x86_64",
		"macosx_11_0_arm64",
		"macosx_10_9_x86_64",
		"win_amd64",
	}
}

// circle is a group of systems that have a share of countries of their own.
type circle int

const (
	onCI circle = iota
	onServer
	onDesktop
	unreported
	circles
)

// system is one kind of machine that installers report.
type system struct {
	weight                          float64
	life                            life
	name, release                   string
	distro, distroVersion, distroID string
	lib, libVersion                 string
	cpu, openssl                    string
	platform                        platform
	ci                              float64 // part that is continuous integration
	desktop, linux, windows         bool
}

// systemColumns is the number of columns of the alias tables over systems.
const systemColumns = 64

// knownSystems are the machines; the first reports nothing.
func knownSystems() []system {
	glibc := func(w float64, l life, distro, version, id, lib, release, cpu, openssl string, ci float64) system {
		s := system{weight: w, life: l, name: "Linux", release: release, distro: distro, distroVersion: version, distroID: id,
			lib: "glibc", libVersion: lib, cpu: cpu, openssl: openssl, platform: manylinuxX86, ci: ci, linux: true}
		if cpu == "aarch64" {
			s.platform = manylinuxARM
		}
		return s
	}
	musl := func(w float64, l life, version, lib, release, openssl string) system {
		return system{weight: w, life: l, name: "Linux", release: release, distro: "Alpine Linux", distroVersion: version,
			lib: "musl", libVersion: lib, cpu: "x86_64", openssl: openssl, platform: musllinux, ci: 0.8, linux: true}
	}
	mac := func(w float64, l life, version, darwin, cpu string) system {
		s := system{weight: w, life: l, name: "Darwin", release: darwin, distro: "macOS", distroVersion: version,
			cpu: cpu, openssl: "OpenSSL 3.3.1 4 Jun 2024", platform: macARM, ci: 0.12, desktop: true}
		if cpu == "x86_64" {
			s.platform = macX86
		}
		return s
	}
	win := func(w float64, l life, release, openssl string) system {
		return system{weight: w, life: l, name: "Windows", release: release, cpu: "AMD64", openssl: openssl,
			platform: windowsX86, ci: 0.14, desktop: true, windows: true}
	}
	since := func(y int, m time.Month, rise, stay, fade float64) life {
		return life{dayOf(y, m, 1), rise, stay, fade}
	}
	const (
		ssl10 = "OpenSSL 1.0.2k-fips  26 Jan 2017"
		ssl11 = "OpenSSL 1.1.1n  15 Mar 2022"
		ssl1f = "OpenSSL 1.1.1f  31 Mar 2020"
		ssl30 = "OpenSSL 3.0.2 15 Mar 2022"
		ssl3d = "OpenSSL 3.0.14 4 Jun 2024"
		ssl3n = "OpenSSL 3.0.13 30 Jan 2024"
		ssl35 = "OpenSSL 3.5.1 1 Jul 2025"
		ssl32 = "OpenSSL 3.2.2 4 Jun 2024"
	)
	return []system{
		{},
		glibc(7, since(2012, 6, 1, 4, 2), "Debian GNU/Linux", "7", "wheezy", "2.13", "3.2.0-4-amd64", "x86_64", "OpenSSL 1.0.1e 11 Feb 2013", 0.3),
		glibc(10, since(2015, 4, 1, 4, 1.6), "Debian GNU/Linux", "8", "jessie", "2.19", "4.4.0-1128-aws", "x86_64", "OpenSSL 1.0.1t  3 May 2016", 0.5),
		glibc(13, since(2017, 6, 1, 3.6, 1.3), "Debian GNU/Linux", "9", "stretch", "2.24", "4.14.231-173.361.amzn2.x86_64", "x86_64", "OpenSSL 1.1.0l  10 Sep 2019", 0.6),
		glibc(17, since(2019, 7, 1, 3.2, 1.3), "Debian GNU/Linux", "10", "buster", "2.28", "5.4.0-1103-aws", "x86_64", "OpenSSL 1.1.1d  10 Sep 2019", 0.6),
		glibc(22, since(2021, 8, 1, 2.8, 1.4), "Debian GNU/Linux", "11", "bullseye", "2.31", "5.10.226-214.880.amzn2.x86_64", "x86_64", ssl11, 0.6),
		glibc(30, since(2023, 6, 1, 3.0, 1.6), "Debian GNU/Linux", "12", "bookworm", "2.36", "6.1.109-118.189.amzn2023.x86_64", "x86_64", ssl3d, 0.6),
		glibc(5, since(2023, 6, 1, 3.2, 2), "Debian GNU/Linux", "12", "bookworm", "2.36", "6.1.112-122.189.amzn2023.aarch64", "aarch64", ssl3d, 0.6),
		glibc(34, since(2025, 8, 1.1, 3, 2), "Debian GNU/Linux", "13", "trixie", "2.41", "6.12.41-63.114.amzn2023.x86_64", "x86_64", ssl35, 0.6),
		glibc(6, since(2025, 8, 1.1, 3, 2), "Debian GNU/Linux", "13", "trixie", "2.41", "6.12.46-66.121.amzn2023.aarch64", "aarch64", ssl35, 0.6),
		glibc(11, since(2012, 5, 1, 2.5, 1.2), "Ubuntu", "12.04", "precise", "2.15", "3.13.0-117-generic", "x86_64", "OpenSSL 1.0.1 14 Mar 2012", 0.3),
		glibc(15, since(2014, 5, 1, 3, 1.2), "Ubuntu", "14.04", "trusty", "2.19", "4.4.0-101-generic", "x86_64", "OpenSSL 1.0.1f 6 Jan 2014", 0.5),
		glibc(18, since(2016, 5, 1, 3, 1.3), "Ubuntu", "16.04", "xenial", "2.23", "4.15.0-1098-gcp", "x86_64", "OpenSSL 1.0.2g  1 Mar 2016", 0.5),
		glibc(20, since(2018, 5, 1, 3, 1.5), "Ubuntu", "18.04", "bionic", "2.27", "5.4.0-1109-azure", "x86_64", "OpenSSL 1.1.1  11 Sep 2018", 0.5),
		glibc(22, since(2020, 5, 1, 3, 1.6), "Ubuntu", "20.04", "focal", "2.31", "5.15.0-1071-azure", "x86_64", ssl1f, 0.6),
		glibc(30, since(2022, 5, 1, 3, 1.8), "Ubuntu", "22.04", "jammy", "2.35", "6.5.0-1025-azure", "x86_64", ssl30, 0.66),
		glibc(3, since(2022, 5, 1, 3, 1.8), "Ubuntu", "22.04", "jammy", "2.35", "6.8.0-1013-aws", "aarch64", ssl30, 0.5),
		glibc(34, since(2024, 5, 1.3, 3, 1.8), "Ubuntu", "24.04", "noble", "2.39", "6.11.0-1018-azure", "x86_64", ssl3n, 0.72),
		glibc(4, since(2024, 5, 1.3, 3, 1.8), "Ubuntu", "24.04", "noble", "2.39", "6.14.0-1011-aws", "aarch64", ssl3n, 0.5),
		glibc(20, since(2026, 5, 1.4, 3, 2), "Ubuntu", "26.04", "resolute", "2.43", "7.0.0-1006-azure", "x86_64", ssl35, 0.7),
		glibc(8, since(2014, 4, 1, 4, 1.5), "Amazon Linux AMI", "2018.03", "", "2.17", "4.14.336-187.564.amzn1.x86_64", "x86_64", ssl10, 0.2),
		glibc(18, since(2018, 1, 1.5, 5.4, 1.4), "Amazon Linux", "2", "", "2.26", "5.10.225-213.878.amzn2.x86_64", "x86_64", ssl10, 0.25),
		glibc(14, since(2023, 3, 1.5, 6, 2), "Amazon Linux", "2023", "", "2.34", "6.1.115-126.197.amzn2023.x86_64", "x86_64", ssl3d, 0.3),
		glibc(3, since(2023, 3, 1.5, 6, 2), "Amazon Linux", "2023", "", "2.34", "6.1.115-126.197.amzn2023.aarch64", "aarch64", ssl3d, 0.3),
		glibc(9, since(2014, 8, 1, 6, 2), "CentOS Linux", "7", "Core", "2.17", "3.10.0-1160.119.1.el7.x86_64", "x86_64", ssl10, 0.2),
		glibc(5, since(2019, 6, 1.5, 4.5, 2), "Red Hat Enterprise Linux", "8.10", "Ootpa", "2.28", "4.18.0-553.22.1.el8_10.x86_64", "x86_64", "OpenSSL 1.1.1k  FIPS 25 Mar 2021", 0.2),
		glibc(5, since(2022, 6, 1.5, 5, 3), "Red Hat Enterprise Linux", "9.4", "Plow", "2.34", "5.14.0-427.40.1.el9_4.x86_64", "x86_64", ssl32, 0.25),
		glibc(3, since(2021, 7, 1.5, 4, 2), "Rocky Linux", "8.10", "Green Obsidian", "2.28", "4.18.0-553.16.1.el8_10.x86_64", "x86_64", "OpenSSL 1.1.1k  FIPS 25 Mar 2021", 0.2),
		glibc(1.2, since(2024, 5, 0.5, 1, 1), "Fedora Linux", "40", "", "2.39", "6.11.3-200.fc40.x86_64", "x86_64", ssl32, 0.1),
		musl(2.5, since(2017, 6, 1, 2.5, 1.5), "3.9.6", "1.1.20", "4.19.76-linuxkit", "OpenSSL 1.1.1g  21 Apr 2020"),
		musl(3, since(2020, 6, 1, 2.5, 1.2), "3.14.10", "1.2.2", "5.4.0-1103-aws", "OpenSSL 1.1.1t  7 Feb 2023"),
		musl(4, since(2022, 6, 1, 2, 1), "3.18.9", "1.2.4", "5.15.0-1071-azure", "OpenSSL 3.1.7 3 Sep 2024"),
		musl(5, since(2023, 12, 0.8, 2, 1), "3.20.3", "1.2.5", "6.5.0-1025-azure", "OpenSSL 3.3.2 3 Sep 2024"),
		musl(6, since(2025, 6, 0.8, 3, 1), "3.22.1", "1.2.5", "6.11.0-1018-azure", ssl35),
		mac(4, since(2012, 6, 1, 5, 2), "10.13.6", "17.7.0", "x86_64"),
		mac(4, since(2018, 9, 1, 3, 1.5), "10.15.7", "19.6.0", "x86_64"),
		mac(2.4, since(2020, 11, 1, 3, 1.5), "12.7.6", "21.6.0", "x86_64"),
		mac(3, since(2021, 6, 1, 2.5, 1.3), "13.7", "22.6.0", "arm64"),
		mac(4, since(2023, 9, 0.7, 1.4, 0.8), "14.6.1", "23.6.0", "arm64"),
		mac(5, since(2024, 9, 0.7, 1.3, 0.8), "15.5", "24.5.0", "arm64"),
		mac(5, since(2025, 9, 0.7, 2, 1), "26.1", "25.1.0", "arm64"),
		win(3, since(2012, 6, 1, 4, 1.5), "7", "OpenSSL 1.0.2k  26 Jan 2017"),
		win(7, since(2015, 8, 2, 7, 3), "10", "OpenSSL 3.0.13 30 Jan 2024"),
		win(4, since(2021, 10, 3, 9, 5), "11", "OpenSSL 3.0.15 3 Sep 2024"),
		win(0.8, since(2019, 1, 2, 6, 3), "2019Server", "OpenSSL 1.1.1q  5 Jul 2022"),
		win(1, since(2022, 1, 2, 6, 3), "2022Server", "OpenSSL 3.0.13 30 Jan 2024"),
		{weight: 0.12, life: always(), name: "FreeBSD", release: "14.1-RELEASE", cpu: "amd64", openssl: "OpenSSL 3.0.13 30 Jan 2024"},
	}
}

// systemWeights are the systems' shares for an audience on a day. The first
// system is what is drawn where nothing is reported, never here.
func systemWeights(systems []system, a audience, d day) []float64 {
	factor := [audiences]struct{ linux, mac, windows float64 }{
		general: {1, 0.8, 0.8}, cloud: {1.1, 0.5, 0.35}, data: {0.9, 1.1, 1.6}, machine: {1, 0.9, 0.9},
		developer: {1, 1.5, 1.0}, interactive: {0.6, 2, 2.6}, windows: {0, 0, 1}, linux: {1, 0, 0},
	}[a]
	weights := make([]float64, len(systems))
	for i, s := range systems {
		w := s.weight * s.life.at(d)
		switch {
		case s.linux:
			w *= factor.linux
		case s.windows:
			w *= factor.windows
		case s.desktop:
			w *= factor.mac
		case a == windows || a == linux:
			w = 0
		}
		weights[i] = w
	}
	return weights
}
