package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processor is the processor time that has been used: by this process, which is
// the clients and whatever they ask in it, and by ClickHouse.
type processor struct{ own, engine time.Duration }

// clockTick is the unit of times in /proc: a hundredth of a second on every
// Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// processorTime reads the times; those of ClickHouse stay 0 where the system
// does not tell.
func processorTime(enginePID int) (p processor) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err == nil {
		p.own = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", enginePID))
	if err != nil {
		return p
	}
	// The name, in parentheses, may hold anything; the times are the 12th and
	// 13th field behind it.
	_, rest, _ := strings.Cut(string(content), ") ")
	if fields := strings.Fields(rest); len(fields) > 12 {
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		p.engine = time.Duration(user+system) * clockTick
	}
	return p
}

// since is what was used since before.
func (p processor) since(before processor) processor {
	return processor{p.own - before.own, p.engine - before.engine}
}

// perRequest is the milliseconds of processor time that a request took over all
// turns, in this process and in ClickHouse.
func (ts turns) perRequest() (own, engine float64) {
	n := 0
	var sum processor
	for _, t := range ts {
		n += len(t.millis)
		sum.own += t.used.own
		sum.engine += t.used.engine
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	return sum.own.Seconds() * 1000 / float64(n), sum.engine.Seconds() * 1000 / float64(n)
}
