package country

import (
	"slices"
	"testing"
)

func TestAllIsISO3166AndKosovo(t *testing.T) {
	all := All()
	if len(all) != 250 {
		t.Errorf("All() has %d countries, want the 249 of ISO 3166-1 and Kosovo", len(all))
	}
	byCode := func(a, b Country) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	}
	if !slices.IsSortedFunc(all, byCode) {
		t.Error("All() is not ascending by code")
	}
	for _, c := range all {
		if c.Name == "" || Name(c.Code) != c.Name {
			t.Errorf("Name(%q) = %q, All() says %q", c.Code, Name(c.Code), c.Name)
		}
	}
}

func TestName(t *testing.T) {
	for code, want := range map[string]string{
		"US": "United States", "DE": "Germany", "TW": "Taiwan", "XK": "Kosovo", "CI": "Côte d’Ivoire",
		"": "", "us": "", "USA": "", "840": "", "ZZ": "", "XX": "", "??": "",
		"SU": "", "DD": "", "UK": "", "AN": "", "EU": "", "UN": "", "EZ": "", "IC": "", "QO": "",
	} {
		if got := Name(code); got != want {
			t.Errorf("Name(%q) = %q, want %q", code, got, want)
		}
	}
}
