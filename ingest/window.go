package ingest

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// stampDigits is the length of a day's Unix time, with which the objects of a
// daily export begin: ten digits from 2001 to 2286, so that names sort by time.
const stampDigits = 10

// listNew is List, or, where Config.LookBack says so and the pattern's objects
// are named by days, a listing of those that can be new: from the newest loaded
// day less LookBack on. Objects of other names, such as a bulk export's, are
// found by whole listings only.
func (f *finder) listNew(ctx context.Context, src Source, pattern string) ([]Object, error) {
	ranger, ok := src.(RangeLister)
	if f.cfg.LookBack <= 0 || !ok {
		return src.List(ctx, pattern)
	}
	folder, ok := stampFolder(pattern)
	if !ok {
		return src.List(ctx, pattern)
	}
	newest, err := f.newestStamp(ctx, folder)
	switch {
	case err != nil:
		return nil, err
	case newest == 0:
		return src.List(ctx, pattern)
	}
	from := time.Unix(newest, 0).Add(-f.cfg.LookBack).Unix()
	f.partial = true
	// ':' follows the digits.
	return ranger.ListRange(ctx, pattern, folder+fmt.Sprintf("%0*d", stampDigits, max(from, 0)), folder+":")
}

// stampFolder is what stands before the day in the names of a pattern: all up to
// the last slash, where that is no pattern itself.
func stampFolder(pattern string) (string, bool) {
	dir, base := path.Split(pattern)
	if strings.ContainsAny(dir, "*?{") || !strings.ContainsAny(base, "*?{") || strings.Contains(base, "**") {
		return "", false
	}
	return dir, true
}

// newestStamp is the greatest day, as Unix time, that begins the name of a
// loaded object directly in a folder; 0 without any.
func (f *finder) newestStamp(ctx context.Context, folder string) (int64, error) {
	newest, err := f.s.texts(ctx, statement{
		SQL: `SELECT name FROM ` + f.ledger.table(ledgerFiles) + `
			WHERE kind = {kind:String} AND name >= concat({folder:String}, '0') AND name < concat({folder:String}, ':') AND outcome = 'planned'
				AND match(substring(name, length({folder:String}) + 1), {stamp:String}) AND batch IN
				` + f.ledger.done() + `
			ORDER BY name DESC LIMIT 1`,
		Params: map[string]any{"kind": string(f.kind), "folder": folder, "stamp": fmt.Sprintf(`^[0-9]{%d}-[^/]*$`, stampDigits)},
	})
	if err != nil || len(newest) == 0 {
		return 0, failing(err, "ask the ledger for the newest day loaded from %s", folder)
	}
	return strconv.ParseInt(newest[0][len(folder):len(folder)+stampDigits], 10, 64)
}
