package ingest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// besideLine is the comment of a private database that outlives commands: what it
// is of, since its name alone could be of another database's too.
type besideLine struct {
	Kind     string `json:"clickql"`
	Database string `json:"database"`
	Name     string `json:"name"` // of the aggregate, or the shadow
	// Key is that of an aggregate that the program does not know.
	Key []string `json:"key,omitempty"`
}

// Kinds of such databases.
const (
	besideBackfill = "backfill"
	besideShadow   = "shadow"
)

// createBeside creates a private database, once.
func createBeside(ctx context.Context, s *session, database string, of besideLine) error {
	comment, err := json.Marshal(of)
	if err == nil {
		err = s.run(ctx, "CREATE DATABASE IF NOT EXISTS "+quote(database)+" ENGINE = Atomic COMMENT "+chconn.Literal(string(comment)))
	}
	if err != nil {
		return fmt.Errorf("create the private database %s: %w", database, err)
	}
	return nil
}

// beside finds the private databases of a kind: what each is of, by its name.
func beside(ctx context.Context, s *session, kind string) (map[string]besideLine, error) {
	found := map[string]besideLine{}
	err := s.each(ctx, statement{SQL: "SELECT name, comment FROM system.databases WHERE startsWith(comment, '{')"}, func(rows driver.Rows) error {
		var database, comment string
		if err := rows.Scan(&database, &comment); err != nil {
			return err
		}
		var of besideLine
		if json.Unmarshal([]byte(comment), &of) == nil && of.Kind == kind && of.Database == s.database {
			found[database] = of
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the private databases: %w", err)
	}
	return found, nil
}

// BackfillStatus is a backfill that has not ended.
type BackfillStatus struct {
	Table string `json:"table"`
	// Prepared reports that what arrives is being collected; Ranges are the runs of
	// days whose history is computed since.
	Prepared bool   `json:"prepared"`
	Ranges   uint64 `json:"ranges"`
	// Writer carries it out; absent where nobody does.
	Writer *WriterStatus `json:"writer,omitempty"`
	// Stuck says why nobody is working on it, and what to do; empty while somebody is.
	Stuck string `json:"stuck,omitempty"`
}

// backfillStatuses lists the backfills that have not ended.
func backfillStatuses(ctx context.Context, s *session, lives livesFunc) ([]BackfillStatus, error) {
	all := []BackfillStatus{}
	found, err := beside(ctx, s, besideBackfill)
	for _, database := range sortedKeys(found) {
		st := BackfillStatus{Table: found[database].Name}
		err := s.row(ctx, statement{
			SQL:    "SELECT countIf(startsWith(name, {done:String})), countIf(name = {ready:String}) > 0 FROM system.tables WHERE database = {database:String}",
			Params: map[string]any{"database": database, "done": fillDone, "ready": fillReady},
		}, &st.Ranges, &st.Prepared)
		if err != nil {
			return nil, fmt.Errorf("look at the backfill of %s: %w", st.Table, err)
		}
		own := newSession(s.conn, database, 0)
		own.plain = s.plain
		if st.Writer, _, err = writerStatus(ctx, own, lives); err != nil {
			return nil, err
		}
		if st.Writer == nil || !st.Writer.Alive {
			st.Stuck = fmt.Sprintf("its command ended: clickql ingest backfill %s carries it on, with --discard drops it; until then repair is refused", st.Table)
		}
		all = append(all, st)
	}
	return all, err
}

// ShadowStatus is a second set of tables beside the live ones.
type ShadowStatus struct {
	Name     string `json:"name"`
	Database string `json:"database"`
}

// shadowStatuses lists the shadows.
func shadowStatuses(ctx context.Context, s *session) ([]ShadowStatus, error) {
	all := []ShadowStatus{}
	found, err := beside(ctx, s, besideShadow)
	for _, database := range sortedKeys(found) {
		all = append(all, ShadowStatus{found[database].Name, database})
	}
	return all, err
}
