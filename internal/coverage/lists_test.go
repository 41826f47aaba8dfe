package coverage_test

import (
	"fmt"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/coverage"
	"clickql/internal/cube"
)

// TestListsReadProjectDays: what ranks projects reads at most half as many rows more as
// there are days of a project in the range, for each value that is not left out.
func TestListsReadProjectDays(t *testing.T) {
	const projects, days, asked, values = 8000, 8, 6, 3
	db := chtest.NewWithSchema(t)
	err := db.Conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO pypi (date, project, version, country_code, type, installer, python_minor, system, ci, libc,
			platform, arch, abi, cpu, distro, implementation, installer_version)
		WITH number %% %[1]d AS v, toString(v) AS s
		SELECT toDate('2024-03-04') + intDiv(number, %[1]d) %% %[2]d, 'p' || toString(intDiv(number, %[1]d * %[2]d)), '1', ['DE', 'US', 'FR'][1 + v],
			['sdist', 'bdist_wheel', 'bdist_egg'][1 + v], ['pip', 'uv', 'bandersnatch'][1 + v], '3.' || s, 'System ' || s, toUInt8(v), ('glibc', s),
			'platform ' || s, 'arch ' || s, 'abi ' || s, 'cpu ' || s, 'distro ' || s, 'Python ' || s, 'pip ' || s
		FROM numbers(%[1]d * %[2]d * %[3]d)`, values, days, projects))
	if err != nil {
		t.Fatal(err)
	}
	snap := known(t, db)
	about := coverage.Asked{Days: coverage.Days(snap.Days, asked), Values: map[cube.Dimension]string{
		cube.Country: "US", cube.Python: "3.1", cube.System: "System 1", cube.Installer: "uv", cube.FileType: "bdist_wheel", cube.CI: "true", cube.Libc: "glibc 1",
		cube.Platform: "platform 1", cube.Arch: "arch 1", cube.ABI: "abi 1", cube.CPU: "cpu 1", cube.Distro: "distro 1", cube.Implementation: "Python 1", cube.InstallerVersion: "pip 1",
	}}
	for _, a := range coverage.Answers(snap, about, coverage.OfLists()) {
		most := projects * asked * 3 / 2
		if a.Question.WithoutMirrors {
			most *= values - 1
		}
		if rows := int(rowsRead(t, db, a)); rows > most || rows < projects*asked {
			t.Errorf("%s from %s reads %d rows of %d project-days", a.Question, a.Table, rows, projects*asked)
		}
	}
}
