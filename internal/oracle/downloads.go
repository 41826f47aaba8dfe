package oracle

import "fmt"

// Downloads is the statement that fills the table pypi with so many downloads,
// the first possible day and the number of days given: few enough for many values
// to have equal totals, with every dimension's empty value, mirrors, pre-releases
// and a project that is hardly there. From the day late on there is one project
// more; none where late is empty. Equal arguments make equal downloads.
func Downloads(first string, days, rows int, late string) string {
	comes := "0"
	if late != "" {
		comes = "date >= '" + late + "' AND h(11) % 9 = 0"
	}
	return fmt.Sprintf(downloads, first, days, comes, rows)
}

const downloads = `
INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version, ci, filename, libc,
	platform, arch, abi, cpu, distro, implementation, installer_version)
SELECT * EXCEPT wheel FROM (
WITH k -> cityHash64(number, k) AS h
SELECT
	toDate('%s') + h(1) %% %d AS date,
	['US', 'DE', 'CN', '', 'JP', 'XK', 'GB', 'AT', 'US', 'US'][h(2) %% 10 + 1] AS country_code,
	multiIf(number < 5, 'tiny', %s, 'late',
		['numpy', 'pandas', 'requests', 'flask', 'zope-interface', 'a', 'numpy', 'numpy', 'pandas'][h(3) %% 9 + 1]) AS project,
	['bdist_wheel', 'sdist', 'bdist_egg', 'bdist_wheel'][h(4) %% 4 + 1] AS type,
	['pip', 'uv', 'bandersnatch', 'poetry', '', 'Artifactory', 'devpi', 'z3c.pypimirror', 'pip', 'pip', 'pip'][h(5) %% 11 + 1] AS installer,
	['3.12', '3.11', '3.9', '2.7', ''][h(6) %% 5 + 1] AS python_minor,
	['Linux', 'Darwin', 'Windows', '', 'Linux'][h(7) %% 5 + 1] AS system,
	['1.0', '1.1', '1.10', '2.0', '2.0rc1', '2.1.dev3'][h(8) %% 6 + 1] AS version,
	['true', 'false', 'unknown'][h(9) %% 3 + 1] AS ci,
	if(type = 'bdist_wheel', h(12) %% 7 + 1, 0) AS wheel,
	concat(replaceAll(project, '-', '_'), '-', version, multiIf(wheel > 0, concat('-cp312-', abi, '-',
		['manylinux_2_17_x86_64.manylinux2014_x86_64', 'musllinux_1_2_aarch64', 'macosx_11_0_arm64', 'win_amd64', 'any', 'manylinux1_x86_64',
			'macosx_10_9_x86_64.macosx_11_0_arm64'][wheel], '.whl'), type = 'sdist', '.tar.gz', '.egg')) AS filename,
	[('glibc', '2.31'), ('glibc', '2.17'), ('musl', '1.2.4'), ('', '')][h(10) %% 4 + 1] AS libc,
	['manylinux_2_17', 'musllinux_1_2', 'macosx_11_0', 'win', 'any', 'manylinux_2_5', 'macosx_10_9'][wheel] AS platform,
	['x86_64', 'aarch64', 'arm64', 'x86_64', 'any', 'x86_64', 'multi'][wheel] AS arch,
	['cp312', 'cp313t', 'abi3', 'cp312', 'none', 'cp27mu', 'abi3'][wheel] AS abi,
	['x86_64', 'arm64', '', 'AMD64', 'x86_64'][h(13) %% 5 + 1] AS cpu,
	['Ubuntu 24.04', 'Debian GNU/Linux 12', '', 'Alpine Linux'][h(14) %% 4 + 1] AS distro,
	['CPython', 'PyPy', '', 'CPython'][h(15) %% 4 + 1] AS implementation,
	if(installer = '', '', concat(installer, ['', ' 24.0', ' 25.1'][h(16) %% 3 + 1])) AS installer_version
FROM numbers(%d))`
