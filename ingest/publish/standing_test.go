package publish

import "testing"

// TestSince tells which parts are new, from names as the server gives them.
func TestSince(t *testing.T) {
	parts := func(names ...string) (all []held) {
		for _, name := range names {
			part, ok := parsePart("2024", "2024_"+name, 1)
			if !ok {
				t.Fatalf("2024_%s is no part's name", name)
			}
			all = append(all, part)
		}
		return all
	}
	for _, c := range []struct {
		what        string
		before, now []held
		added       int // -1 where it cannot be told
	}{
		{"nothing happened", parts("1_1_0", "4_6_1"), parts("1_1_0", "4_6_1"), 0},
		{"the first rows", nil, parts("3_3_0", "5_5_0"), 2},
		{"a merge of what was there", parts("1_1_0", "4_6_1"), parts("1_6_2"), 0},
		{"a merge, and new rows", parts("1_1_0", "4_6_1"), parts("1_6_2", "9_9_0", "12_14_1"), 2},
		{"a merge of old rows with new ones", parts("1_1_0", "4_6_1"), parts("1_1_0", "4_9_2"), -1},
		{"the partition was dropped", parts("1_1_0", "4_6_1"), nil, -1},
		{"a part was dropped", parts("1_1_0", "4_6_1"), parts("4_6_1"), -1},
		{"dropped, and new rows", parts("4_6_1"), parts("9_9_0"), -1},
		{"a mutation", parts("1_1_0", "4_6_1"), parts("1_1_0_8", "4_6_1_8"), -1},
		{"an older mutation, and new rows", parts("1_1_0_2", "4_6_1"), parts("1_6_2_2", "9_9_0"), 1},
		{"a part among the old ones that was none of them", parts("1_1_0", "6_6_0"), parts("1_1_0", "3_3_0", "6_6_0"), -1},
	} {
		added, ok := since(c.before, c.now)
		if ok != (c.added >= 0) || ok && len(added) != c.added {
			t.Errorf("%s: %v, %v", c.what, added, ok)
		}
	}
	for _, name := range []string{"", "2024", "2024_1_1", "2024_1_1_x", "2024_1_1_0_2_3"} {
		if _, ok := parsePart("2024", name, 1); ok {
			t.Errorf("%q is a part's name", name)
		}
	}
}
