package access

import "time"

// Limits are what one client may do. Zero values are no limits.
type Limits struct {
	// Requests bounds operations and pages.
	Requests Rate `json:"requests,omitzero"`
	// Pictures bounds charts, badges and their numbers, which other sites' pages
	// ask for many at a time.
	Pictures Rate `json:"pictures,omitzero"`
	// Rows bounds what ClickHouse is expected to read for the client, and RowsPerDay
	// the same over a day. Answers from memory cost nothing of it.
	Rows       Rate  `json:"rows,omitzero"`
	RowsPerDay int64 `json:"rowsPerDay,omitempty"`
	// AtOnce is how many operations may run at one time.
	AtOnce int `json:"atOnce,omitempty"`
	// MaxCost is the most rows that one operation may be expected to have read.
	MaxCost int64 `json:"maxCost,omitempty"`
}

// picturesPerRequest is how many pictures a client may have for each request where
// no rate is set for them: a page that shows a gateway's charts has some twenty, and
// one proxy fetches the pictures of all who read the page.
const picturesPerRequest = 20

// withPictures sets a rate for pictures where there is none.
func (l Limits) withPictures() Limits {
	if l.Pictures.None() && !l.Requests.None() {
		l.Pictures = Rate{l.Requests.N * picturesPerRequest, l.Requests.Per}
	}
	return l
}

// daily is the limit on rows over a day as a rate.
func (l Limits) daily() Rate { return Rate{l.RowsPerDay, 24 * time.Hour} }

// Class is a kind of requests, which are counted together.
type Class int

// The classes.
const (
	// Operations are questions and pages.
	Operations Class = iota
	// Pictures are charts, badges and their numbers.
	Pictures
)

// rate is the limit of a class.
func (l Limits) rate(c Class) Rate {
	if c == Pictures {
		return l.Pictures
	}
	return l.Requests
}
