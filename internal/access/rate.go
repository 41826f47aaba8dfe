package access

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is so many of something in so long; the zero Rate is no limit. It is a flag
// of the command line.
type Rate struct {
	N   int64
	Per time.Duration
}

// ParseRate reads a rate as it is written: 60/1m, 1000000/1h, 60/m; 0 for none.
func ParseRate(text string) (Rate, error) {
	wrong := fmt.Errorf("%q is not a rate: write how many in how long, such as 60/1m, or 0 for no limit", text)
	number, per, both := strings.Cut(strings.TrimSpace(text), "/")
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 0 {
		return Rate{}, wrong
	}
	if n == 0 {
		return Rate{}, nil
	}
	if !both {
		return Rate{}, wrong
	}
	per = strings.TrimSpace(per)
	if per != "" && per[0] >= 'a' && per[0] <= 'z' {
		per = "1" + per
	}
	every, err := time.ParseDuration(per)
	if err != nil || every < time.Second || every%time.Second != 0 {
		return Rate{}, wrong
	}
	return Rate{n, every}, nil
}

// None reports that there is no limit.
func (r Rate) None() bool { return r.N <= 0 }

// String writes the rate.
func (r Rate) String() string {
	if r.None() {
		return "0"
	}
	per := r.Per.String()
	if short, ok := strings.CutSuffix(per, "m0s"); ok {
		per = short + "m"
	}
	if short, ok := strings.CutSuffix(per, "h0m"); ok {
		per = short + "h"
	}
	return strconv.FormatInt(r.N, 10) + "/" + per
}

// MarshalText writes the rate for a file of keys.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads it.
func (r *Rate) UnmarshalText(text []byte) error { return r.Set(string(text)) }

// Type names the kind of value in help texts.
func (*Rate) Type() string { return "rate" }

// Set reads a rate.
func (r *Rate) Set(text string) (err error) {
	*r, err = ParseRate(text)
	return err
}

// window counts what was used of a rate. It begins with the first use after the
// one before has ended: each client has a time of its own, so that not all come
// back at once.
type window struct {
	begun time.Time
	used  int64
}

// left is how much may be used now, and when there is more: after at most Per.
func (w *window) left(r Rate, now time.Time) (n int64, reset time.Duration) {
	age := now.Sub(w.begun)
	if w.begun.IsZero() || age >= r.Per || age < 0 {
		return r.N, r.Per
	}
	return max(0, r.N-w.used), r.Per - age
}

// use counts n of the rate.
func (w *window) use(r Rate, n int64, now time.Time) {
	if age := now.Sub(w.begun); w.begun.IsZero() || age >= r.Per || age < 0 {
		*w = window{begun: now}
	}
	w.used += n
}
