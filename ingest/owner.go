package ingest

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"syscall"
	"time"
)

// Self describes this process as a holder of the lock.
func Self(command string, now time.Time) Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	return Holder{Host: host, PID: os.Getpid(), Machine: machine(), Since: now, Command: command, Token: rand.Text()}
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
