package graph

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"clickql/internal/cache"
	"clickql/internal/cube"
	"clickql/internal/pypi"
)

// vocabulary is the values that a data set has of a dimension.
type vocabulary struct {
	// values are most downloaded first; all that there are, unless they are cut.
	values []string
	has    map[string]bool
	cut    bool
}

const (
	// maxVocabulary is how many values are told apart: more than there are systems,
	// installers or countries.
	maxVocabulary = 1000
	// vocabularyRows bounds what is read for one, vocabularyWait how long an answer
	// waits for it: a hint is not worth more.
	vocabularyRows = 20_000_000
	vocabularyWait = 2 * time.Second
	// vocabularyBytes is more than all of them come to, at about wordBytes a value.
	vocabularyBytes = 16 << 20
	wordBytes       = 100
)

// newVocabularies keeps those of the newest data, as far as anybody asked for them.
func newVocabularies() *cache.Cache[*vocabulary] {
	return cache.New[*vocabulary](cache.Config{Bytes: vocabularyBytes, Now: time.Now})
}

// learn is the vocabulary, asked for where it is not in memory; nil where that
// would cost too much, or fails.
func (o *operations) learn(ctx context.Context, op *operation, d cube.Dimension) *vocabulary {
	version := op.Snap.Version
	if known, _, ok := o.known.Get(version, string(d)); ok {
		return known
	}
	learnt := op.vocabularyOf(ctx, cube.Slice{AllTime: true}, d)
	if learnt != nil {
		o.known.Use(version)
		o.known.Put(version, string(d), learnt, int64(wordBytes*len(learnt.values)))
	}
	return learnt
}

// vocabularyOf is the vocabulary of a slice, most downloaded first; nil where that
// would cost too much, or fails.
func (op *operation) vocabularyOf(ctx context.Context, s cube.Slice, d cube.Dimension) *vocabulary {
	r := cube.SplitOf(s, d, maxVocabulary, nil).WithoutTotal()
	if d == cube.Version {
		r = op.AllVersions(s) // which a specifier may have asked for already
	}
	if price, _, failed := op.Price([]cube.Request{r}); len(failed) > 0 || price.Rows > vocabularyRows {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, vocabularyWait)
	defer stop()
	res, err := op.Load(ctx, r)
	if err != nil {
		return nil
	}
	learnt := &vocabulary{has: map[string]bool{}, cut: res.More}
	for _, g := range res.Groups {
		learnt.values, learnt.has[g.Value] = append(learnt.values, g.Value), true
	}
	return learnt
}

// meant is the value that was probably meant by one that there is none of: the same
// in another case, what people call a value, the longest that the text goes on from
// (3.12 of 3.12.1), or the nearest by letters that differ, at most one in three. Of
// versions, which differ in few letters, it is one that PEP 440 holds for the same.
func (v *vocabulary) meant(d cube.Dimension, text string) (value string, ok bool) {
	folded := strings.ToLower(strings.TrimSpace(text))
	if d == cube.Version {
		at := slices.IndexFunc(v.values, func(known string) bool { return pypi.CompareVersions(known, folded) == 0 })
		if at < 0 {
			return "", false
		}
		return v.values[at], true
	}
	for _, known := range v.values {
		if strings.EqualFold(known, folded) || strings.EqualFold(d.Label(known), folded) {
			return known, true
		}
	}
	best := ""
	for _, known := range v.values {
		if begins := known != "" && strings.HasPrefix(folded, strings.ToLower(known)+"."); begins && len(known) > len(best) {
			best = known
		}
	}
	if best == "" && len(folded) <= maxSpelling {
		best = v.nearest(d, folded)
	}
	return best, best != ""
}

// nearest is the value that fewest letters differ from, of those whose own text or
// label is not much longer or shorter; empty where there is none.
func (v *vocabulary) nearest(d cube.Dimension, folded string) (best string) {
	least := len(folded)/3 + 1
	for _, known := range v.values {
		for _, spelling := range []string{known, d.Label(known)} {
			if known == "" || len(spelling)-len(folded) >= least || len(folded)-len(spelling) >= least {
				continue
			}
			if n := levenshtein.ComputeDistance(folded, strings.ToLower(spelling)); n < least {
				best, least = known, n
			}
		}
	}
	return best
}

// maxSpelling is how long a text may be, in bytes, to be compared letter by letter.
const maxSpelling = 60
