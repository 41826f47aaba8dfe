package server

import (
	"context"
	"encoding/binary"
	"net/http"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/picture"
	"clickql/internal/projects"
)

// maxIndexed bounds the days of one index: each is read whole.
const maxIndexed = 400

// indexed is a day as the index of days has it.
type indexed struct {
	Date     string `json:"date"`
	Total    int64  `json:"total"`
	Projects int64  `json:"projects"`
	// ETag is that of the day's list: it changes when a project's downloads of the
	// day do, and with nothing else.
	ETag string `json:"etag"`
	CSV  string `json:"csv"`
}

// days lists days with the ETags of their lists (/rankings.csv?from=DAY&to=DAY), so
// that a copy kept elsewhere fetches those alone that have changed.
func (s *Server) days() http.Handler {
	return s.foreign(func(ctx context.Context, op *fetch.Operation, r *http.Request) (any, error) {
		bounds, err := picture.ReadDays(r.URL.RawQuery)
		if err != nil {
			return nil, err
		}
		if err := op.Ready(); err != nil {
			return nil, err
		}
		data := op.Snapshot().Days
		slice, err := bounds.In(cube.Slice{Days: data}, op.Snapshot().Calendar())
		if err != nil {
			return nil, err
		}
		days := slice.Days.Within(data)
		if slice.AllTime {
			days = data
		}
		if n := days.Days(); n > maxIndexed {
			return nil, fault.OverLimit(fault.CostLimit, int64(n), maxIndexed, "the range has %d days; an index has at most %d: ask with from and to, one part after another", n, maxIndexed)
		}
		answer := struct {
			Days []indexed `json:"days"`
		}{[]indexed{}}
		if days.Empty() {
			return answer, nil
		}
		found, err := projects.In(op).Digests(ctx, days)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			day := d.Day.String()
			answer.Days = append(answer.Days, indexed{day, d.Total, d.Projects, dayTag(d), "/rankings.csv?from=" + day + "&to=" + day})
		}
		return answer, nil
	})
}

// dayTag stands for a day's list. It depends on nothing but the day's contents, so
// that a copy outlives restarts and other gateways' answers.
func dayTag(d projects.DayDigest) string {
	digest := binary.BigEndian.AppendUint64(nil, d.Digest)
	return contentTag([]byte(d.Day.String()), binary.BigEndian.AppendUint64(digest, uint64(d.Total)))
}

// listTag is the ETag of a list: of a whole day, that day's; of everything else, one
// of the version of all data. Empty where there is none.
func listTag(ctx context.Context, op *fetch.Operation, k picture.Rankings, r *http.Request, salt []byte) (string, error) {
	if day, ok := k.Day(); ok && op.Ready() == nil {
		found, err := projects.In(op).Digests(ctx, cube.Range{From: day, To: day})
		if err != nil {
			return "", err
		}
		if len(found) == 1 {
			return dayTag(found[0]), nil
		}
	}
	version := op.Snapshot().Version
	if version == "" {
		return "", nil
	}
	return contentTag(salt, []byte(version), []byte(r.URL.Path), []byte(picture.Canonical(r.URL.RawQuery, picture.OfRankings))), nil
}
