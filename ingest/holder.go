package ingest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Holder says who holds a lock or a claim. It is the comment of the table in which
// that one gives signs of life.
type Holder struct {
	Host     string    `json:"host"`
	PID      int       `json:"pid"`
	Machine  string    `json:"machine,omitempty"`
	Since    time.Time `json:"since"`
	Command  string    `json:"command,omitempty"`
	Token    string    `json:"token"`
	Released bool      `json:"released,omitempty"`
}

// Self describes this process as a holder.
func Self(command string, now time.Time) Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	return Holder{Host: host, PID: os.Getpid(), Machine: machine(), Since: now, Command: command, Token: rand.Text()}
}

// String names the holder for messages.
func (h Holder) String() string {
	return fmt.Sprintf("pid %d on %s, since %s", h.PID, h.Host, h.Since.UTC().Format(time.RFC3339))
}

// owner names the holder in the ledger.
func (h Holder) owner() string { return fmt.Sprintf("%s/%d", h.Host, h.PID) }

// besides reports that both are processes of one machine, which knows of the
// other whether it lives.
func (h Holder) besides(other Holder) bool { return h.Machine != "" && h.Machine == other.Machine }

// ended reports that the holder's process has ended, as far as me can know without
// waiting for a sign of life.
func (h Holder) ended(me Holder, alive func(pid int) bool) bool {
	return h.besides(me) && !alive(h.PID)
}

// machine identifies the space in which process ids are unique for as long as
// it lives: one boot and one pid namespace. Empty where the system does not
// tell; then only the lease tells whether a holder lives.
func machine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

// processAlive reports that a process with the id exists on this machine.
func processAlive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
