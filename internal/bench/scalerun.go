package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"clickql/internal/ddl"
)

// scaleRun is a run of the section scale. It takes hours at great sizes, so its database
// and what was found stay in the workspace until it has come to its end.
type scaleRun struct {
	bench *bench
	*store
	small small
	scaleState
}

// scaleState is what was found so far.
type scaleState struct {
	made
	Begun []int64 // the sizes
	Sizes []scaled
	Ended int // how often the run was ended before its end
}

// scaleEngine and scaleNote are where they stay.
const scaleEngine, scaleNote = "scale-engine", "scale-engine.json"

// openScaleRun goes on with a run that was ended, where it has measured nothing but what
// is asked for, or begins one.
func (b *bench) openScaleRun(ctx context.Context, rows []int64) (r *scaleRun, err error) {
	r = &scaleRun{bench: b}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	fresh := scaleState{made: made{Sample: b.options(rows[0], b.days, ""), Schema: ddl.Print(ddl.Options{})}}
	if r.scaleState, err = fresh.resumed(b.space.path(scaleNote), rows); err != nil {
		return r, err
	}
	if len(r.Begun) > 0 {
		r.Ended++
		b.say("going on with a run that had come to %s downloads; remove %s to begin anew", whole(float64(r.Begun[len(r.Begun)-1])), b.space.path(scaleNote))
	} else if err := r.forget(); err != nil {
		return r, err
	}
	if r.small, err = b.openSmall(ctx, rows[0]); err != nil {
		return r, err
	}
	if r.store, err = b.openStore(ctx, b.space.path(scaleEngine), false); err != nil {
		return r, err
	}
	_, err = ddl.Apply(ctx, r.admin, ddl.Options{Database: r.admin.Database()})
	return r, err
}

// resumed is the state that a note tells, if it is of what would be made now.
func (fresh scaleState) resumed(note string, rows []int64) (scaleState, error) {
	if ok, err := fresh.upToDate(note); !ok || err != nil {
		return fresh, err
	}
	content, err := os.ReadFile(note)
	if err != nil {
		return fresh, fmt.Errorf("read what was found at each size: %w", err)
	}
	var s scaleState
	if err := json.Unmarshal(content, &s); err != nil {
		return fresh, fmt.Errorf("read what was found at each size in %s: %w; remove the file to begin anew", note, err)
	}
	if len(s.Begun) > len(rows) || !slices.Equal(s.Begun, rows[:len(s.Begun)]) {
		return fresh, nil
	}
	return s, nil
}

// save notes what was found so far.
func (r *scaleRun) save() error {
	content, err := json.MarshalIndent(r.scaleState, "", "  ")
	if err != nil {
		return err
	}
	path := r.bench.space.path(scaleNote)
	if err := os.WriteFile(path+".new", append(content, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// forget removes what was kept.
func (r *scaleRun) forget() error {
	err := os.Remove(r.bench.space.path(scaleNote))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if r.store != nil {
		err, r.store = errors.Join(err, r.store.Close()), nil
	}
	return errors.Join(err, os.RemoveAll(r.bench.space.path(scaleEngine)))
}

// Close ends its engines.
func (r *scaleRun) Close() (err error) {
	if r.small.store != nil {
		err = r.small.Close()
	}
	if r.store != nil {
		err = errors.Join(err, r.store.Close())
	}
	return err
}

// measure lets the database grow to one of the sizes, and measures it there: what was
// done of it before the run was ended is not done again.
func (r *scaleRun) measure(ctx context.Context, size int, rows []int64) (err error) {
	if size == len(r.Begun) {
		r.Begun, r.Sizes = append(r.Begun, rows[size]), append(r.Sizes, scaled{})
		if err := r.save(); err != nil { // what is loaded from now on is of this size
			return err
		}
	}
	s, downloads := &r.Sizes[size], whole(float64(rows[size]))
	stages := []func() error{
		func() error {
			more := rows[size]
			if size > 0 {
				more -= rows[size-1]
			}
			s.LoadRate, err = r.bench.grow(ctx, r.store, size, more)
			return err
		},
		func() error { s.Fresh, err = r.bench.compareSeries(ctx, r.store, r.small); return err },
		func() error {
			r.bench.say("merging the tables of %s downloads", downloads)
			if err := merge(ctx, r.admin, tableNames(countingTables())); err != nil {
				return err
			}
			s.Tables, err = weights(ctx, r.admin)
			s.Downloads = float64(s.Tables[ddl.RawTable].Rows)
			return err
		},
		func() error { s.Merged, err = r.bench.compareSeries(ctx, r.store, r.small); return err },
		func() error {
			r.bench.say("following each part at %s downloads", downloads)
			s.Busy = loadAverage()
			return r.serve(ctx, s)
		},
		func() error {
			return r.loadDay(ctx, s, "load a file of 100,000 downloads, the first since all was merged", 2*size+1)
		},
		func() error { return r.loadDay(ctx, s, "load another", 2*size+2) },
		func() error { return r.repairDay(ctx, s, 2*size+2) },
	}
	for s.Stages < len(stages) {
		if err := stages[s.Stages](); err != nil {
			return err
		}
		s.Stages++
		if err := r.save(); err != nil {
			return err
		}
	}
	return nil
}

// small is a database that stays at the first size, merged: what is timed at every size
// takes turns with it, so that other load on the machine slows down both.
type small struct {
	*store
	front *front
	side  *side
}

// openSmall makes one.
func (b *bench) openSmall(ctx context.Context, rows int64) (s small, err error) {
	if s.store, err = b.openStore(ctx, b.space.path(scaleEngine+"-small"), true); err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			s, err = small{}, errors.Join(err, s.Close())
		}
	}()
	if _, err := ddl.Apply(ctx, s.admin, ddl.Options{Database: s.admin.Database()}); err != nil {
		return s, err
	}
	if _, err := b.grow(ctx, s.store, 0, rows); err != nil {
		return s, err
	}
	if err := merge(ctx, s.admin, tableNames(countingTables())); err != nil {
		return s, err
	}
	if s.front, err = b.openFront(ctx, s.store); err != nil {
		return s, err
	}
	_, s.side, err = b.countSeries(ctx, s.store, s.front)
	s.front.gateway.close() // the gateway ends what is idle until it is asked again
	return s, err
}

// Close ends it.
func (s small) Close() (err error) {
	if s.front != nil {
		err = s.front.Close()
	}
	return errors.Join(err, s.store.Close())
}

// read is how many rows the server has read so far.
func (s *store) read(ctx context.Context) (n uint64, err error) {
	err = s.admin.QueryRow(ctx, "SELECT toUInt64(sum(value)) FROM system.events WHERE event IN ('SelectedRows', 'MutatedRows')").Scan(&n)
	return n, err
}
