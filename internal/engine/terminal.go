package engine

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/ebitengine/purego"
)

// terminal is a pseudo-terminal as this process's standard input.
//
// The library is `clickhouse local`, which, run as a batch, installs a handler
// that ends the process when an exception leaves a connection's thread. That fits a batch, not a
// server: over the native protocol a wrong password, an unknown database or a
// byte of garbage would end the engine. Run interactively it installs none; for that it wants
// a terminal and the option --interactive. It then runs the script, prompts, and
// ends with the terminal's end of file.
type terminal struct {
	master *os.File
}

// openTerminal replaces standard input by a new pseudo-terminal.
func openTerminal() (*terminal, error) {
	var libc struct {
		openpt            func(flags int32) int32
		grantpt, unlockpt func(fd int32) int32
		ptsname           func(fd int32) string
		dup2              func(from, to int32) int32
	}
	for name, fn := range map[string]any{"posix_openpt": &libc.openpt, "grantpt": &libc.grantpt, "unlockpt": &libc.unlockpt,
		"ptsname": &libc.ptsname, "dup2": &libc.dup2} {
		symbol, err := purego.Dlsym(purego.RTLD_DEFAULT, name)
		if err != nil {
			return nil, fmt.Errorf("open pseudo-terminal: %w", err)
		}
		purego.RegisterFunc(fn, symbol)
	}
	fd := libc.openpt(int32(os.O_RDWR | syscall.O_NOCTTY))
	if fd < 0 || libc.grantpt(fd) != 0 || libc.unlockpt(fd) != 0 {
		return nil, fmt.Errorf("open pseudo-terminal: the system has none to give")
	}
	syscall.CloseOnExec(int(fd))
	slave, err := os.OpenFile(libc.ptsname(fd), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, fmt.Errorf("open pseudo-terminal: %w", err)
	}
	defer func() { _ = slave.Close() }()
	if libc.dup2(int32(slave.Fd()), 0) != 0 {
		return nil, fmt.Errorf("open pseudo-terminal: it cannot become standard input")
	}
	if err := syscall.SetNonblock(int(fd), true); err != nil {
		return nil, fmt.Errorf("open pseudo-terminal: %w", err)
	}
	t := &terminal{master: os.NewFile(uintptr(fd), "terminal")}
	go func() { _, _ = io.Copy(io.Discard, t.master) }()
	return t, nil
}

// exit types Ctrl-D, which ends an empty prompt. Typed too early it is lost, so
// it is typed again and again; a command typed that often would be read as SQL.
func (t *terminal) exit() {
	if t == nil {
		return
	}
	_ = t.master.SetWriteDeadline(time.Now().Add(exitEvery))
	_, _ = t.master.WriteString("\x04")
}

// exitEvery is how often something that may come too early is done again while
// the engine ends: well below what a human notices.
const exitEvery = 20 * time.Millisecond
