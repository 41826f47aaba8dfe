package find

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
)

// stampDigits is the length of a day's Unix time, with which the objects of a
// daily export begin: ten digits from 2001 to 2286, so that names sort by time.
const stampDigits = 10

// listNew is List, or, where Config.LookBack says so and the pattern's objects
// are named by days, a listing of those that can be new: from the newest loaded
// day less LookBack on. Objects of other names, such as a bulk export's, are
// found by whole listings only.
func (f *Finder) listNew(ctx context.Context, src export.Source, pattern string) ([]export.Object, error) {
	ranger, ok := src.(export.RangeLister)
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
func (f *Finder) newestStamp(ctx context.Context, folder string) (int64, error) {
	newest, err := f.s.Texts(ctx, session.SQL(`SELECT name FROM `+f.Ledger.Table(ledger.Files)+`
			WHERE kind = {kind:String} AND name >= concat({folder:String}, '0') AND name < concat({folder:String}, ':') AND outcome = 'planned'
				AND match(substring(name, length({folder:String}) + 1), {stamp:String}) AND batch IN
				`+f.Ledger.Done()+`
			ORDER BY name DESC LIMIT 1`,
		"kind", string(f.kind), "folder", folder, "stamp", fmt.Sprintf(`^[0-9]{%d}-[^/]*$`, stampDigits)))
	if err != nil || len(newest) == 0 {
		return 0, session.Wrap(err, "ask the ledger for the newest day loaded from %s", folder)
	}
	return strconv.ParseInt(newest[0][len(folder):len(folder)+stampDigits], 10, 64)
}
