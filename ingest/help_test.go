package ingest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chtest"
)

// shared is a database with files that a writer and a helper load together.
type shared struct {
	*chtest.DB
	dir    string
	files  []exportFile
	writer config.Config // waits with its own batch until goOn is closed
	helper config.Config
	goOn   func()
	// planned is closed when the writer has planned its batches.
	planned chan struct{}
}

// newShared has batches of one file each. The two are of different machines, as
// far as each can tell.
func newShared(t *testing.T) *shared {
	t.Helper()
	s := &shared{DB: newFew(t), dir: t.TempDir(), files: mixed(5, 80), planned: make(chan struct{})}
	exports(t, s.Conn, s.dir, s.files...)
	open := make(chan struct{})
	s.goOn = sync.OnceFunc(func() { close(open) })
	quick := config.Config{Conn: s.Conn, Beat: 20 * time.Millisecond, Lease: 200 * time.Millisecond, BatchFiles: 1}
	s.writer, s.helper = quick, quick
	s.writer.Holder, s.helper.Holder = ledger.Holder{Host: "a", PID: 1, Token: "a"}, ledger.Holder{Host: "b", PID: 1, Token: "b"}
	planned := sync.OnceFunc(func() { close(s.planned) })
	s.writer.Before = atSteps(func(step Step) error {
		if step == StepStageCreated {
			planned()
			<-open
		}
		return nil
	})
	return s
}

// start runs the writer.
func (s *shared) start(t *testing.T) (ended chan error) {
	ended = make(chan error, 1)
	go func() {
		sum, err := New(s.writer).Run(context.WithoutCancel(t.Context()), ledger.Downloads, s.dir+"/*.parquet")
		if err == nil && (sum.Files != len(s.files) || !sum.Complete()) {
			err = errors.New("not everything was loaded")
		}
		ended <- err
	}()
	return ended
}

// check compares the tables with what they should hold.
func (s *shared) check(t *testing.T) {
	t.Helper()
	source := expectation(t, s.Conn, s.Name, s.files)
	checkEqual(t, s.Conn, s.Name, source)
	mustLoad(t, config.Config{Conn: s.Conn}, s.dir+"/*.parquet")
	checkEqual(t, s.Conn, s.Name, source)
	checkClean(t, s.Conn, s.Name)
}

// help calls Help when there is a writer to help.
func (s *shared) help(t *testing.T) (int, error) {
	<-s.planned
	return New(s.helper).Help(t.Context())
}

// TestHelp lets a helper prepare batches while the writer is busy with its own.
func TestHelp(t *testing.T) {
	s := newShared(t)
	done := 0
	s.helper.Before = atSteps(func(step Step) error {
		if step == StepChecked {
			if done++; done == 4 { // all but the writer's own
				s.goOn()
			}
		}
		return nil
	})
	ended := s.start(t)
	n, err := s.help(t)
	if err != nil || n != 4 {
		t.Errorf("helped with %d batches: %v", n, err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	s.check(t)
}

// TestHelperDies ends a helper at each step: the writer prepares its batch anew.
func TestHelperDies(t *testing.T) {
	for _, step := range []Step{StepStageCreated, StepChecked} {
		s := newShared(t)
		s.helper.Before = atSteps(func(now Step) error {
			if now == step {
				s.goOn()
				return errors.New("died")
			}
			return nil
		})
		ended := s.start(t)
		if _, err := s.help(t); err == nil {
			t.Fatalf("%s: the helper went on", step)
		}
		if err := <-ended; err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		s.check(t)
	}
}

// TestHelperSleeps pauses a helper at each step until everything has been loaded
// without it, and then lets it go on: it must change nothing.
func TestHelperSleeps(t *testing.T) {
	for _, step := range []Step{StepStageCreated, StepRawStaged, StepChecked} {
		s := newShared(t)
		ended := s.start(t)
		var once sync.Once
		s.helper.Beat = time.Hour // it gives its first sign of life and no other
		s.helper.Before = atSteps(func(now Step) (err error) {
			if now == step {
				once.Do(func() {
					s.goOn()
					err = <-ended
				})
			}
			return err
		})
		<-s.planned
		if n, err := New(s.helper).Help(t.Context()); err != nil || n > 1 {
			t.Errorf("%s: helped with %d batches: %v", step, n, err)
		}
		s.check(t)
	}
}

// TestWriterDiesBesideHelper ends the writer while a helper has a batch in hand:
// the next writer takes everything over, and the helper changes nothing.
func TestWriterDiesBesideHelper(t *testing.T) {
	for _, step := range []Step{StepPublishing, StepMoved} {
		s := newShared(t)
		inHand, finish := make(chan struct{}), make(chan struct{})
		var once sync.Once
		s.helper.Before = atSteps(func(now Step) error {
			if now == StepRawStaged {
				once.Do(func() { close(inHand); <-finish })
			}
			return nil
		})
		s.writer.Beat = time.Hour
		planned := sync.OnceFunc(func() { close(s.planned) })
		s.writer.Before = atSteps(func(now Step) error {
			switch now {
			case StepStageCreated:
				planned()
				<-inHand
			case step:
				return errors.New("died")
			default:
			}
			return nil
		})
		ended := s.start(t)
		helped := make(chan error, 1)
		go func() {
			_, err := s.help(t)
			helped <- err
		}()
		if err := <-ended; err == nil {
			t.Fatalf("%s: the writer went on", step)
		}
		mustLoad(t, config.Config{Conn: s.Conn, Beat: 20 * time.Millisecond, Lease: 100 * time.Millisecond}, s.dir+"/*.parquet")
		close(finish)
		if err := <-helped; err != nil { // it found that its batch is gone
			t.Errorf("%s: the helper: %v", step, err)
		}
		s.check(t)
	}
}
