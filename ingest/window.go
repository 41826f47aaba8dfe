package ingest

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// RangeLister is a Source that can list a part of a long listing for the price
// of the part.
type RangeLister interface {
	// ListRange is List for the objects whose names are from on and come before
	// before, in the order of bytes. None is no error.
	ListRange(ctx context.Context, pattern, from, before string) ([]Object, error)
}

// stampDigits is the length of a day's Unix time, with which the objects of a
// daily export begin: ten digits from 2001 to 2286, so that names sort by time.
const stampDigits = 10

// listNew is List, or, where Config.LookBack says so and the pattern's objects
// are named by days, a listing of those that can be new: from the newest loaded
// day less LookBack on. Objects of other names, such as a bulk export's, are
// found by whole listings only.
func (r *run) listNew(ctx context.Context, src Source, pattern string) ([]Object, error) {
	ranger, ok := src.(RangeLister)
	if r.cfg.LookBack <= 0 || !ok {
		return src.List(ctx, pattern)
	}
	folder, ok := stampFolder(pattern)
	if !ok {
		return src.List(ctx, pattern)
	}
	newest, err := r.newestStamp(ctx, folder)
	if err != nil || newest == 0 {
		if err == nil {
			return src.List(ctx, pattern)
		}
		return nil, err
	}
	from := time.Unix(newest, 0).Add(-r.cfg.LookBack).Unix()
	r.sum.Partial = true
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
func (r *run) newestStamp(ctx context.Context, folder string) (int64, error) {
	var newest string
	err := r.s.each(ctx, statement{
		SQL: `SELECT name FROM ` + name(r.s.database, ledgerFiles) + `
			WHERE kind = {kind:String} AND name >= concat({folder:String}, '0') AND name < concat({folder:String}, ':') AND outcome = 'planned'
				AND match(substring(name, length({folder:String}) + 1), {stamp:String}) AND batch IN
				` + doneBatches(r.s.database) + `
			ORDER BY name DESC LIMIT 1`,
		Params: map[string]any{"kind": string(r.kind), "folder": folder, "stamp": fmt.Sprintf(`^[0-9]{%d}-[^/]*$`, stampDigits)},
	}, func(rows driver.Rows) error { return rows.Scan(&newest) })
	if err != nil {
		return 0, fmt.Errorf("ask the ledger for the newest day loaded from %s: %w", folder, err)
	}
	if newest == "" {
		return 0, nil
	}
	return strconv.ParseInt(newest[len(folder):len(folder)+stampDigits], 10, 64)
}
