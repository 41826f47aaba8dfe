package ddl

import (
	"strings"

	"clickql/internal/chconn"
)

// The tables of what happened on GitHub, in the shape of ClickPy's github_events,
// with those of its columns that are read. They are filled by clickql ingest github;
// without rows in them everything else works.
const (
	// GitHubTable has a row for each public event.
	GitHubTable = "github_events"
	// GitHubNames finds the repositories that ever had a name: the events are sorted
	// by repository, whose number stays when its name changes.
	GitHubNames = "github_names"
	// GitHubHours tells which hours are loaded.
	GitHubHours = "github_hours"
)

// githubTables are the events, and what finds its way in them.
func githubTables() []Table {
	const lowCardinality = "LowCardinality(String)"
	return []Table{{
		Name: GitHubTable, Kind: Metadata, Engine: "MergeTree",
		Comment: "Public events on GitHub, one row each",
		Columns: []Column{
			{Name: "file_time", Type: "DateTime('UTC')", Codec: "Delta(4), ZSTD(1)", Comment: "Hour of the file that had the event"},
			{Name: "event_type", Type: lowCardinality, Comment: "What it is, such as WatchEvent"},
			{Name: "actor_login", Type: "String", Codec: codecText, Comment: "Account that did it, as it was called then"},
			{Name: "repo_name", Type: "String", Codec: codecText, Comment: "Repository, owner/name as it was called then"},
			{Name: "repo_id", Type: "String", Codec: codecText, Comment: "Number of the repository, which stays when it is renamed"},
			{Name: "created_at", Type: "DateTime('UTC')", Codec: "Delta(4), ZSTD(1)", Comment: "When it happened"},
			{Name: "action", Type: lowCardinality, Comment: "What was done, such as opened; none where the type says it"},
			{Name: "number", Type: "UInt32", Comment: "Number of the issue or pull request; 0 for none"},
			{Name: "merged", Type: "UInt8", Comment: "Whether a pull request that was closed was merged"},
		},
		OrderBy: []string{"repo_id", "event_type", "created_at"}, PartitionBy: "toYear(created_at)",
	}, {
		Name: GitHubNames, Kind: Metadata, Engine: "ReplacingMergeTree",
		Comment: "Repositories by every name that they had",
		Columns: []Column{
			{Name: "name", Type: "String", Codec: codecText, Comment: "owner/name in small letters"},
			{Name: "repo_id", Type: "String", Codec: codecText, Comment: "Number of the repository"},
		},
		OrderBy: []string{"name", "repo_id"},
	}, {
		Name: GitHubHours, Kind: Metadata, Engine: "SummingMergeTree(events)",
		Comment: "Events by the hour of their file",
		Columns: []Column{
			{Name: "file_time", Type: "DateTime('UTC')", Comment: "Hour of the file"},
			{Name: "events", Type: "UInt64", Comment: "Events; rows of the same hour add up"},
		},
		OrderBy: []string{"file_time"},
	}}
}

// GitHubViews fill the other tables from the events.
func GitHubViews(o Options) []Statement {
	from := qualified(o.database(), GitHubTable)
	var list []Statement
	for _, v := range []struct{ to, selects string }{
		{GitHubNames, "SELECT lower(repo_name) AS name, repo_id FROM " + from + " GROUP BY name, repo_id"},
		{GitHubHours, "SELECT file_time, count() AS events FROM " + from + " GROUP BY file_time"},
	} {
		list = append(list, o.view(v.to+"_mv", v.to, v.selects, "Fills "+v.to+" from "+GitHubTable))
	}
	return list
}

// githubEvent is an event of GH Archive as it is read, in the present shape and in
// that from before 2015, which writes the repository and the account otherwise. What
// a line lacks is empty.
const githubEvent = `JSONExtract(line, 'Tuple(type String, created_at String, actor Tuple(login String), actor_attributes Tuple(login String), ` +
	`repo Tuple(id UInt64, name String), repository Tuple(id UInt64, name String, owner String), payload Tuple(action String, number UInt32, ` +
	`issue Tuple(number UInt32), pull_request Tuple(number UInt32, merged Bool)))')`

// GitHubEvents is the mapping of lines of GH Archive's files, each one event, into
// the table of events. file is the SQL of the path of a line's file, whose name tells
// the hour: 2024-01-31-5.json.gz; of other names each event's own hour counts.
func GitHubEvents(file string) Transform {
	of := func(path string) string {
		e := githubEvent
		for name := range strings.SplitSeq(path, ".") {
			e = "tupleElement(" + e + ", " + chconn.Literal(name) + ")"
		}
		return e
	}
	either := func(a, b string) string { return "if(" + a + " != '', " + a + ", " + b + ")" }
	at := "parseDateTimeBestEffortOrNull(" + of("created_at") + ", 'UTC')"
	hour := "parseDateTimeBestEffortOrNull(replaceRegexpOne(extract(" + file + ", " + chconn.Literal(`(?:^|/)([0-9]{4}-[0-9]{2}-[0-9]{2}-(?:1?[0-9]|2[0-3]))\.json(?:\.gz)?$`) +
		"), '-([0-9]+)$', ' \\\\1:00:00'), 'UTC')"
	actor := either(of("actor.login"), either(of("actor_attributes.login"), "if(JSONType(line, 'actor') = 'String', JSONExtractString(line, 'actor'), '')"))
	former := "if(" + of("repository.owner") + " != '', concat(" + of("repository.owner") + ", '/', " + of("repository.name") + "), '')"
	repo, id := either(of("repo.name"), former), "if("+of("repo.id")+" != 0, "+of("repo.id")+", "+of("repository.id")+")"
	numbers := "arrayFirst(x -> x != 0, [" + of("payload.issue.number") + ", " + of("payload.pull_request.number") + ", " + of("payload.number") + "])"
	return Transform{
		Columns: []Expression{
			{"file_time", "ifNull(" + hour + ", toStartOfHour(assumeNotNull(" + at + ")))"},
			{"event_type", of("type")},
			{"actor_login", actor},
			{"repo_name", repo},
			{"repo_id", "toString(" + id + ")"},
			{"created_at", "assumeNotNull(" + at + ")"},
			{"action", either(of("payload.action"), "'none'")},
			{"number", numbers},
			{"merged", "toUInt8(" + of("payload.pull_request.merged") + ")"},
		},
		Rejects: []Expression{
			{"no JSON", of("type") + " = '' AND NOT isValidJSON(line)"},
			{"no event type", of("type") + " = ''"},
			{"no time", at + " IS NULL"},
			{"no repository", repo + " = '' OR " + id + " = 0"},
			{"no account", actor + " = ''"},
		},
	}
}
