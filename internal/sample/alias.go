package sample

// aliasTable draws from weights by Walker's method: a column at random, then
// the column itself below its threshold or else its alias (Vose: A Linear
// Algorithm for Generating Random Numbers with a Given Distribution, 1991).
// It has a power of two of columns; thresholds are of 65536.
type aliasTable struct {
	threshold []int64
	alias     []int64
}

// newAliasTable builds a table of the given number of columns; weights beyond
// their length are 0. Values are numbered from 0.
func newAliasTable(weights []float64, columns int) aliasTable {
	t := aliasTable{threshold: make([]int64, columns), alias: make([]int64, columns)}
	total := sum(weights)
	scaled := make([]float64, columns)
	var small, large []int
	for i := range columns {
		if i < len(weights) {
			scaled[i] = weights[i] / total * float64(columns)
		}
		if scaled[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small, large = small[:len(small)-1], large[:len(large)-1]
		t.threshold[s], t.alias[s] = int64(scaled[s]*65536), int64(l)
		scaled[l] -= 1 - scaled[s]
		if scaled[l] < 1 {
			small = append(small, l)
		} else {
			large = append(large, l)
		}
	}
	heaviest := 0
	for i, w := range weights {
		if w > weights[heaviest] {
			heaviest = i
		}
	}
	// What rounding leaves over stands for itself, but never for a value
	// without weight.
	for _, i := range append(small, large...) {
		t.threshold[i], t.alias[i] = 65536, int64(i)
		if scaled[i] < 0.5 {
			t.threshold[i], t.alias[i] = int64(scaled[i]*65536), int64(heaviest)
		}
	}
	return t
}
