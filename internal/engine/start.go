package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// childEnv carries the child's order, and marks the process as a child.
const childEnv = "CLICKQL_ENGINE_CHILD"

// order is what a starter tells its child. No secrets: those are in files.
type order struct {
	Config
	// LogStart is where this run begins in the log.
	LogStart int64
}

// The open files that a child inherits.
const (
	lockFD     = 3
	listenerFD = 4
)

// logKeep is the size, in bytes, from which on a start begins a new log and keeps
// the old one as engine.log.1.
const logKeep = 4 << 20

// start runs the engine. It takes over lock, whose place the child's copy takes.
func start(ctx context.Context, cfg Config, lock *os.File) (*hold, Info, error) {
	defer func() { _ = lock.Close() }()
	var err error
	if cfg.Library, err = FindLibrary(cfg.Library); err != nil {
		return nil, Info{}, err
	}
	if err := checkLibrary(cfg.Library); err != nil {
		return nil, Info{}, err
	}
	began := time.Now()
	c := &starter{cfg: cfg, lock: lock}
	h, info, err := c.run(ctx)
	if err != nil {
		return nil, Info{}, fmt.Errorf("start engine in %s: %w", cfg.Dir, err)
	}
	cfg.Log.Debug("engine started", "dir", cfg.Dir, "pid", info.PID, "native", info.Native, "http", info.HTTP,
		"took", time.Since(began).Round(time.Millisecond))
	return h, info, nil
}

// starter is one attempt at starting a child.
type starter struct {
	cfg      Config
	lock     *os.File
	log      *os.File
	logStart int64
}

// run opens the listener, becomes its first holder, and only then starts the
// child: at no instant is there a child that nobody holds and that does not know it.
func (s *starter) run(ctx context.Context) (*hold, Info, error) {
	if err := s.openLog(); err != nil {
		return nil, Info{}, err
	}
	defer func() { _ = s.log.Close() }()
	ln, l, err := s.listen()
	if err != nil {
		return nil, Info{}, err
	}
	defer func() { _ = ln.Close() }()
	conn, err := knock(ctx, l)
	if err != nil {
		return nil, Info{}, err
	}
	exited, err := s.spawn(ln)
	if err != nil {
		_ = conn.Close()
		return nil, Info{}, err
	}
	_ = ln.Close()
	_ = s.lock.Close()
	h, info, err := await(ctx, conn, l.Proof)
	if errors.Is(err, errNoEngine) {
		return nil, Info{}, s.explain(<-exited)
	}
	return h, info, err
}

// listen opens the lease: a socket on loopback, and the file that says where.
func (s *starter) listen() (*os.File, lease, error) {
	_ = os.Remove(layout(s.cfg.Dir).info())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, lease{}, fmt.Errorf("listen on loopback: %w", err)
	}
	defer func() { _ = ln.Close() }()
	l := newLease(ln.Addr().String())
	if err := l.write(s.cfg.Dir); err != nil {
		return nil, lease{}, err
	}
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		return nil, lease{}, fmt.Errorf("pass on listener: %w", err)
	}
	return f, l, nil
}

// spawn starts the child in a session of its own, out of reach of the
// terminal's Ctrl-C, which is for its holders. The channel gets its exit.
func (s *starter) spawn(ln *os.File) (<-chan error, error) {
	exe, err := ownExecutable()
	if err != nil {
		return nil, err
	}
	o, err := json.Marshal(order{s.cfg, s.logStart})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe)
	cmd.Args = []string{"clickql-engine", s.cfg.Dir}
	cmd.Dir = s.cfg.Dir
	cmd.Env = append(os.Environ(), childEnv+"="+string(o))
	cmd.Stderr = s.log // the rest is the echo of a prompt
	cmd.ExtraFiles = []*os.File{s.lock, ln}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("run %s: %w", exe, err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	return exited, nil
}

// ownExecutable returns what to run for the same program again, also where its
// file has been replaced or removed since it started.
func ownExecutable() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own executable: %w", err)
	}
	const self = "/proc/self/exe"
	if running, err := os.Stat(self); err == nil {
		named, err := os.Stat(exe)
		if err != nil || !os.SameFile(running, named) {
			return self, nil //nolint:nilerr // that the name leads nowhere is what is asked
		}
	}
	return exe, nil
}

func (s *starter) openLog() error {
	path := layout(s.cfg.Dir).log()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("create log directory: %w", err)
	}
	if st, err := os.Stat(path); err == nil && st.Size() > logKeep {
		if err := os.Rename(path, path+".1"); err != nil {
			return fmt.Errorf("keep old log: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	s.log = f
	s.logStart, err = f.Seek(0, io.SeekEnd)
	return err
}

// explain words the end of a child that could not tell its reason itself.
func (s *starter) explain(exit error) error {
	status := "ended"
	if exit != nil {
		status = exit.Error()
	}
	return describe(fmt.Sprintf("the engine's process ended before it answered (%s)", status), layout(s.cfg.Dir).log(), s.logStart)
}
