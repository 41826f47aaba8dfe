package ddl

import (
	"context"
	"fmt"
	"strings"

	"clickql/internal/chconn"
)

// earlierViews are what views on the landing tables computed in earlier versions of
// this program, by the view; %s is the database. A view that computes one of these,
// or what it does now, is the program's; any other is the operator's own mapping,
// and nothing changes it.
func earlierViews() map[string][]string {
	const outside = "ifNull((timestamp < toDateTime64('1970-01-01', 6, 'UTC')) OR (timestamp >= toDateTime64('2149-06-06', 6, 'UTC')), 0)"
	return map[string][]string{
		LandingTable + "_mv": {"SELECT toDate(assumeNotNull(timestamp), 'UTC') AS date, ifNull(country_code, '') AS country_code, ifNull(project, '') AS project, " +
			"ifNull(file.type, '') AS type, ifNull(installer.name, '') AS installer, substringIndex(ifNull(python, ''), '.', 2) AS python_minor, " +
			"ifNull(system.name, '') AS system, ifNull(file.version, '') AS version, multiIf(ci IS NULL, 'unknown', ci, 'true', 'false') AS ci, " +
			"ifNull(file.filename, '') AS filename, (ifNull(distro.libc.lib, ''), ifNull(distro.libc.version, '')) AS libc FROM %s.pypi_landing " +
			"WHERE NOT (ifNull(project, '') = '') AND NOT (timestamp IS NULL) AND NOT (" + outside + ")"},
		LandingTable + "_rejected_mv": {"SELECT multiIf(ifNull(project, '') = '', 'no project', timestamp IS NULL, 'no timestamp', " + outside +
			", 'timestamp outside 1970..2149', '') AS reason, count() AS rows FROM %s.pypi_landing WHERE reason != '' GROUP BY reason"},
		FlatLandingTable + "_mv": {"SELECT timestamp, country_code, project, CAST(tuple(`file.filename`, `file.version`, `file.type`), " +
			"'Tuple(filename Nullable(String), version Nullable(String), type Nullable(String))') AS file, CAST(tuple(`installer.name`), 'Tuple(name Nullable(String))') AS installer, " +
			"python, CAST(tuple(tuple(`distro.libc.lib`, `distro.libc.version`)), 'Tuple(libc Tuple(lib Nullable(String), version Nullable(String)))') AS distro, " +
			"CAST(tuple(`system.name`), 'Tuple(name Nullable(String))') AS system, ci FROM %s.pypi_landing_flat"},
	}
}

// Mapping tells whose mapping a view on a landing table is.
type Mapping int

// The mappings.
const (
	Current Mapping = iota // the program's
	Earlier                // that of an earlier version of the program
	Foreign                // the operator's own
)

// Mappings tells of each view on the landing tables that exists whose mapping it
// is. Expressions are compared as the server writes them.
func Mappings(ctx context.Context, conn *chconn.Conn, have *Present, o Options) (map[string]Mapping, error) {
	found := map[string]Mapping{}
	for _, v := range landingViews(o, all) {
		got := have.Tables[v.name]
		if got == nil {
			continue
		}
		texts := []string{v.selects}
		for _, text := range earlierViews()[v.name] {
			texts = append(texts, strings.ReplaceAll(text, "%s", chconn.Ident(o.database())))
		}
		written, err := formatted(ctx, conn, texts)
		if err != nil {
			return nil, fmt.Errorf("compare the view %s: %w", v.name, err)
		}
		found[v.name] = Foreign
		for i, text := range written {
			if text == strings.Join(strings.Fields(got.Select), " ") {
				found[v.name] = min(Mapping(i), Earlier)
				break
			}
		}
	}
	return found, nil
}

// formatted writes statements as the server does.
func formatted(ctx context.Context, conn *chconn.Conn, statements []string) (out []string, err error) {
	literals := make([]string, len(statements))
	for i, s := range statements {
		literals[i] = "formatQuerySingleLine(" + chconn.Literal(s) + ")"
	}
	err = conn.QueryRow(ctx, "SELECT ["+strings.Join(literals, ", ")+"]").Scan(&out)
	return out, err
}
