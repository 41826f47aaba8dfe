package catalog

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// How a name answers a search, best first.
const (
	exactly    = iota // it is the text
	beginning         // it begins with the text
	holding           // it holds the text, or all its words
	resembling        // it, or its beginning, is the text but for a slip or two
	nowhere
)

// finder is the index laid out for search: names without their hyphens, which
// people leave out or write as spaces, one after the other. It costs about the
// names once more, and four bytes a name for the letters in it.
type finder struct {
	bare    []byte   // each name, then a newline
	ends    []uint32 // where each name's newline is
	letters []uint32 // the set of each name's letters and digits
}

// newFinder lays the names out.
func newFinder(names []string) *finder {
	size := 0
	for _, name := range names {
		size += len(name) + 1
	}
	f := &finder{make([]byte, 0, size), make([]uint32, len(names)), make([]uint32, len(names))}
	for i, name := range names {
		start := len(f.bare)
		for j := range len(name) {
			if name[j] != '-' {
				f.bare = append(f.bare, name[j])
			}
		}
		f.letters[i] = lettersOf(f.bare[start:])
		f.ends[i] = uint32(len(f.bare))
		f.bare = append(f.bare, '\n')
	}
	return f
}

// lettersOf is the set of letters, one bit each, and of digits, two to a bit.
func lettersOf(text []byte) (set uint32) {
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z':
			set |= 1 << (c - 'a')
		case c >= '0' && c <= '9':
			set |= 1 << (26 + (c-'0')/2)
		}
	}
	return set
}

// name is name i without hyphens.
func (f *finder) name(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = f.ends[i-1] + 1
	}
	return f.bare[start:f.ends[i]]
}

// sought is a text that is searched for.
type sought struct {
	text    string   // normalised as PEP 503 says
	bare    []byte   // without hyphens
	words   [][]byte // longest first
	letters uint32
	slips   int // how many there may be
}

// newSought reads a text, which is normalised as names are.
func newSought(text string) sought {
	s := sought{text: text, bare: []byte(strings.ReplaceAll(text, "-", ""))}
	for word := range strings.SplitSeq(text, "-") {
		if word != "" {
			s.words = append(s.words, []byte(word))
		}
	}
	slices.SortStableFunc(s.words, func(a, b []byte) int { return cmp.Compare(len(b), len(a)) })
	s.letters = lettersOf(s.bare)
	switch n := len(s.bare); {
	case n > maxSlipped: // a name that long is pasted, not typed
	case n >= 8:
		s.slips = 2
	case n >= 4:
		s.slips = 1
	}
	return s
}

// maxSlipped is the longest text that is compared letter by letter.
const maxSlipped = 64

// holds tells how a name answers, slips apart.
func (s sought) holds(name string, bare []byte) int {
	switch {
	case name == s.text:
		return exactly
	case bytes.HasPrefix(bare, s.bare):
		return beginning
	}
	for _, word := range s.words {
		if !bytes.Contains(bare, word) {
			return nowhere
		}
	}
	return holding
}

// resembles tells that a name, or the beginning of one, is the text but for the
// slips allowed: a letter too many, missing, wrong, or two exchanged. Who types
// the beginning of a name has its first letter right.
func (s sought) resembles(bare []byte, letters uint32) bool {
	if s.slips == 0 || bits.OnesCount32(s.letters&^letters) > s.slips || len(bare) < len(s.bare)-s.slips {
		return false
	}
	if len(bare) <= len(s.bare)+s.slips {
		if bits.OnesCount32(s.letters^letters) <= 2*s.slips && slips(s.bare, bare, s.slips, false) <= s.slips {
			return true
		}
	}
	begin := bare[:min(len(bare), len(s.bare)+s.slips)]
	return begin[0] == s.bare[0] && bits.OnesCount32(s.letters&^lettersOf(begin)) <= s.slips && slips(s.bare, begin, s.slips, true) <= s.slips
}

// slips is the distance of two texts by letters inserted, left out, replaced, and
// neighbours exchanged (optimal string alignment); with prefix, of a and the
// nearest beginning of b. What is more than most may be any number above it.
func slips(a, b []byte, most int, prefix bool) int {
	var rows [3][2*maxSlipped + 2]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		// Further from the diagonal there are more slips than most.
		from, to := max(1, i-most), min(len(b), i+most)
		row[from-1] = most + 1
		if from == 1 {
			row[0] = i
		}
		least := row[from-1]
		for j := from; j <= to; j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if to < len(b) {
			row[to+1] = most + 1
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	if !prefix && len(b)-len(a) > most || len(a)-len(b) > most {
		return most + 1
	}
	if !prefix {
		return last[len(b)]
	}
	return slices.Min(last[max(0, min(len(b), len(a)-most)) : min(len(b), len(a)+most)+1])
}

// hit is a project found, and how.
type hit struct {
	how int
	Entry
}

// byWorth orders hits: how well they answer, then by downloads, ties by name.
func byWorth(a, b hit) int {
	if c := cmp.Compare(a.how, b.how); c != 0 {
		return c
	}
	return byTotal(a.Entry, b.Entry)
}

// best keeps the best hits of a page and one more, behind a given one, in order: most
// of many are passed over with one comparison.
type best struct {
	after *hit
	limit int
	hits  []hit
}

// add takes a hit in if it is among the best.
func (b *best) add(h hit) {
	if b.after != nil && byWorth(*b.after, h) >= 0 || b.full() && byWorth(b.hits[b.limit], h) < 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(b.hits, h, byWorth)
	b.hits = slices.Insert(b.hits, at, h)
	b.hits = b.hits[:min(len(b.hits), b.limit+1)]
}

// full tells that there are as many as are wanted, and one more.
func (b *best) full() bool { return len(b.hits) > b.limit }

// page is what was found, and whether more follows.
func (b *best) page() (found []Entry, more bool) {
	for _, h := range b.hits[:min(len(b.hits), b.limit)] {
		found = append(found, h.Entry)
	}
	return found, b.full()
}

// Search lists the projects that a text finds, at most limit of them, beginning
// behind after (nil: at the start): the name itself first, then names that begin
// with it, then names that hold it, or all its words, then near spellings;
// within each the most downloaded first, ties by name. The text is normalised as
// PEP 503 says; hyphens count for the first kind alone. more reports that others
// follow.
//
// It reads the names once, which takes some milliseconds for a million of them.
func (ix *Index) Search(text string, after *Entry, limit int) (found []Entry, more bool) {
	s := newSought(text)
	if ix == nil || len(s.bare) == 0 && text != "" {
		return nil, false
	}
	f := ix.finder()
	b := &best{limit: limit}
	if after != nil {
		b.after = &hit{s.worth(after.Name), *after}
	}
	f.holding(s, ix, b)
	if !b.full() {
		f.resembling(s, ix, b)
	}
	return b.page()
}

// worth is how a name answers.
func (s sought) worth(name string) int {
	bare := []byte(strings.ReplaceAll(name, "-", ""))
	how := s.holds(name, bare)
	if how == nowhere && s.resembles(bare, lettersOf(bare)) {
		return resembling
	}
	return how
}

// holding adds the names that hold the text or its words. The longest word is
// looked for in all names at once.
func (f *finder) holding(s sought, ix *Index, b *best) {
	if len(s.words) == 0 { // nothing is asked for: everything begins with it
		for i := range ix.names {
			b.add(hit{beginning, ix.At(i)})
		}
		return
	}
	word := s.words[0]
	for i, at := 0, 0; at < len(f.bare); i++ {
		next := bytes.Index(f.bare[at:], word)
		if next < 0 {
			return
		}
		more, _ := slices.BinarySearch(f.ends[i:], uint32(at+next))
		i += more
		if how := s.holds(ix.names[i], f.name(i)); how != nowhere {
			b.add(hit{how, ix.At(i)})
		}
		at = int(f.ends[i]) + 1
	}
}

// resembling adds the near spellings.
func (f *finder) resembling(s sought, ix *Index, b *best) {
	if s.slips == 0 {
		return
	}
	for i, letters := range f.letters {
		bare := f.name(i)
		if len(bare) > 0 && s.resembles(bare, letters) && s.holds(ix.names[i], bare) == nowhere {
			b.add(hit{resembling, ix.At(i)})
		}
	}
}
