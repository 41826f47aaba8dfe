package graph

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/projects"
)

// The types whose ids node looks up, as ids begin with them before they are
// encoded.
const (
	projectType   = "Project"
	downloadsType = "Downloads"
)

// hashedTypes are the types whose ids are hashes of what was asked.
var hashedTypes = []string{
	"Slice", "Series", "ReleaseGroup", "Rank", "Release", "Comparison", "ComparisonLine", "Portfolio", "ProjectRanking", "ProjectTrend",
	"Dropping", "ReleaseImpact", "Floor",
}

// opaque encodes ids and cursors: to be handed back, not to be read.
var opaque = base64.RawURLEncoding

// projectID is the global id of a project.
func projectID(name string) string {
	return opaque.EncodeToString([]byte(projectType + ":" + name))
}

// cursorOf is the opaque form of a place in a list that is ordered by
// downloads, most first, and by name.
func cursorOf(total int64, value string) string {
	return opaque.EncodeToString([]byte(strconv.FormatInt(total, 10) + ":" + value))
}

// parseCursor reads what cursorOf wrote; nil is the beginning of the list.
func parseCursor(after *string) (*cube.Cursor, error) {
	if after == nil {
		return nil, nil
	}
	text, err := opaque.DecodeString(*after)
	number, value, ok := strings.Cut(string(text), ":")
	total, numErr := strconv.ParseInt(number, 10, 64)
	if err != nil || !ok || numErr != nil {
		return nil, fault.BadInput("%q is not a cursor; cursors come from endCursor or from an edge's cursor of an earlier page", *after)
	}
	return &cube.Cursor{Total: total, Value: value}, nil
}

// releaseCursor is the opaque form of a place in a list of releases.
func releaseCursor(at projects.Place) string {
	text, _ := json.Marshal([]any{at.Uploaded, at.Project, at.Version}) // a number and texts
	return opaque.EncodeToString(text)
}

// parseReleaseCursor reads what releaseCursor wrote; nil is the beginning of the
// list.
func parseReleaseCursor(after *string) (*projects.Place, error) {
	if after == nil {
		return nil, nil
	}
	at := &projects.Place{}
	parts := []any{&at.Uploaded, &at.Project, &at.Version}
	text, err := opaque.DecodeString(*after)
	if err == nil {
		err = json.Unmarshal(text, &parts)
	}
	if err != nil || len(parts) != 3 {
		return nil, fault.BadInput("%q is not a cursor; cursors come from endCursor or from an edge's cursor of an earlier page", *after)
	}
	return at, nil
}
