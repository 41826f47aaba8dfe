package access

import (
	"fmt"
	"sync"
	"time"

	"clickql/internal/fault"
)

// account is what one client has used of its limits.
type account struct {
	mu       sync.Mutex
	requests [2]window // by class
	rows     window
	day      window
	running  int
}

// nameOf is a class' name, as RateLimit tells it.
func nameOf(c Class) string {
	if c == Pictures {
		return "pictures"
	}
	return "requests"
}

// admit counts one request and one that runs; done must be called when it has ended.
func (a *account) admit(l Limits, c Class, now time.Time) (done func(), refused *fault.Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rate := l.rate(c)
	if !rate.None() {
		if left, reset := a.requests[c].left(rate, now); left < 1 {
			return nil, tooMany(rate, reset, "you have made %d %s in %s, which is all that are allowed: wait %s", rate.N, nameOf(c), rate.Per, until(reset))
		}
	}
	if l.AtOnce > 0 && a.running >= l.AtOnce {
		return nil, &fault.Error{Code: fault.RateLimited, Retry: time.Second, Limit: int64(l.AtOnce), Given: int64(a.running) + 1,
			Message: fmt.Sprintf("you have %d operations under way, which is all that may be: wait for one to end", a.running)}
	}
	a.requests[c].use(rate, 1, now)
	a.running++
	return sync.OnceFunc(a.leave), nil
}

// leave notes that a request has ended.
func (a *account) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running--
}

// spend takes rows off what is left, or refuses where they are more than that.
func (a *account) spend(l Limits, rows int64, now time.Time) *fault.Error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range []struct {
		rate Rate
		used *window
	}{{l.Rows, &a.rows}, {l.daily(), &a.day}} {
		if b.rate.None() {
			continue
		}
		left, reset := b.used.left(b.rate, now)
		switch {
		case rows > b.rate.N:
			return tooMany(b.rate, reset, "ClickHouse would read about %d rows for this; you may have %d read in %s: ask for fewer projects, a shorter range or fewer parts at once",
				rows, b.rate.N, b.rate.Per)
		case rows > left:
			return tooMany(b.rate, reset, "ClickHouse would read about %d rows for this; of the %d that you may have read in %s, %d are left: wait %s, or ask for less",
				rows, b.rate.N, b.rate.Per, left, until(reset))
		}
	}
	a.rows.use(l.Rows, rows, now)
	a.day.use(l.daily(), rows, now)
	return nil
}

// tooMany is the refusal of what is beyond a rate until it is renewed.
func tooMany(r Rate, reset time.Duration, format string, args ...any) *fault.Error {
	return &fault.Error{Code: fault.RateLimited, Message: fmt.Sprintf(format, args...), Retry: reset, Limit: r.N}
}

// until is a time to wait in whole seconds, rounded up.
func until(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }
