package pypi_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"

	"deps.dev/util/semver"
	"github.com/google/go-cmp/cmp"

	"clickql/internal/fault"
	"clickql/internal/pypi"
)

// reference is what the Python Packaging Authority's own implementation
// (packaging 21.3) says of versions and specifiers, pre-releases admitted. Left
// out is where it departs from the text of PEP 440: === is an equality of
// strings, and a wildcard follows a release alone.
type reference struct {
	Versions []string
	Ordered  []struct {
		Version string
		Same    bool
	}
	Specifiers []struct {
		Specifier string
		Valid     bool
		Matches   []string
	}
}

func readReference(t *testing.T) (ref reference) {
	t.Helper()
	text, err := os.ReadFile("testdata/pep440.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

// Specifiers hold for the versions that the reference says, and only what it
// takes for one is one.
func TestSpecifiersMatchAsPackagingDoes(t *testing.T) {
	ref := readReference(t)
	for _, s := range ref.Specifiers {
		parsed, err := pypi.ParseSpecifier(s.Specifier)
		var told *fault.Error
		switch {
		case (err == nil) != s.Valid:
			t.Errorf("%q: valid is %v, error %v", s.Specifier, s.Valid, err)
		case err != nil && (!errors.As(err, &told) || told.Code != fault.BadUserInput):
			t.Errorf("%q: %#v", s.Specifier, err)
		}
		if err != nil {
			continue
		}
		if _, all := parsed.Match(pypi.ReadVersions(ref.Versions)); !slices.Equal(all, s.Matches) {
			t.Errorf("%q (-packaging +ours):\n%s", s.Specifier, cmp.Diff(s.Matches, all))
		}
	}
}

// Versions are ordered as the reference orders them.
func TestVersionsAreOrderedAsPackagingDoes(t *testing.T) {
	ordered := readReference(t).Ordered
	for i, b := range ordered[1:] {
		a := ordered[i]
		if c := pypi.CompareVersions(a.Version, b.Version); (c == 0) != b.Same || c > 0 {
			t.Errorf("%s and %s compare as %d", a.Version, b.Version, c)
		}
		if c := pypi.CompareVersions(b.Version, a.Version); (c == 0) != b.Same || c < 0 {
			t.Errorf("%s and %s compare as %d", b.Version, a.Version, c)
		}
	}
}

// Pre-releases are selected where the specifier names one, or nothing else
// matches. What is no version matches its text alone.
func TestSelectHandlesPreReleases(t *testing.T) {
	versions := []string{"1.0", "1.1rc1", "2.0a1", "2.0.dev1", "odd-Name", "", "1.0.post1.dev1"}
	for specifier, want := range map[string][]string{
		"":              {"1.0"},
		">=1":           {"1.0"},
		">=1.1":         {"2.0a1", "2.0.dev1"},
		">=1.1rc1":      {"1.1rc1", "2.0a1", "2.0.dev1"},
		"!=1.1rc1":      {"1.0"},
		"==2.0a1":       {"2.0a1"},
		">2":            nil,
		"===odd-name":   {"odd-Name"},
		"===1.0":        {"1.0"},
		"===1.0.0":      nil,
		"==1.0.*":       {"1.0"},
		"==1.0.*,!=1.0": {"1.0.post1.dev1"},
	} {
		s, err := pypi.ParseSpecifier(specifier)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Select(pypi.ReadVersions(versions))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", specifier, diff)
		}
	}
}

// What is required, by the texts that projects have on PyPI.
func TestRequired(t *testing.T) {
	for text, want := range map[string]string{
		"requests":                                       "requests",
		"requests-oauthlib>=1":                           "requests-oauthlib",
		"Zope.Interface (>=3.8)":                         "zope-interface",
		"zope__interface[test]":                          "zope-interface",
		"requests[security,socks] (>=2.8.1)":             "requests",
		"foo@https://example.org/a;b.zip":                "foo",
		"foo @ https://example.org/a.zip ; extra == 'x'": "",
		"foo ~= 1.0 ; python_version < '3'":              "foo",
		"foo;extra=='x'":                                 "",
		"foo; extra == \"x\"":                            "",
		"foo; 'x' == extra":                              "",
		"foo; python_version<'3' and extra == 'x'":       "",
		"foo; (python_version<'3' or os_name=='nt') and (extra == 'x')":  "",
		"foo; extra == 'x' or python_version<'3'":                        "foo",
		"foo; extra == 'x' or extra == 'y'":                              "",
		"foo; extra != 'x'":                                              "foo",
		"foo; extra in 'x,y'":                                            "",
		"foo; extra not in 'x'":                                          "foo",
		"foo; platform_machine in 'a b' and sys_platform not in 'extra'": "foo",
		"foo bar":  "",
		"-foo":     "",
		"":         "",
		"foo-":     "",
		" foo":     "foo",
		"foo!=1.0": "foo",
		"foo,bar":  "foo",
	} {
		got := ""
		if names := pypi.Required([]string{text}); len(names) > 0 {
			got = names[0]
		}
		if got != want {
			t.Errorf("%q requires %q, want %q", text, got, want)
		}
	}
	if diff := cmp.Diff([]string{"b", "a"}, pypi.Required([]string{"b", "a; extra == 'x'", "B>1", "a"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A maintained library that only orders versions agrees on the order.
func TestVersionsAreOrderedAsDepsDevDoes(t *testing.T) {
	versions := readReference(t).Versions
	for _, a := range versions {
		for _, b := range versions {
			va, errA := semver.PyPI.Parse(a)
			vb, errB := semver.PyPI.Parse(b)
			if errA != nil || errB != nil {
				continue
			}
			if want, got := va.Compare(vb), pypi.CompareVersions(a, b); want != got {
				t.Errorf("%s and %s compare as %d, want %d", a, b, got, want)
			}
		}
	}
}

// TestNormalizeName follows PEP 503.
func TestNormalizeName(t *testing.T) {
	for in, want := range map[string]string{
		"Flask": "flask", "zope.interface": "zope-interface", "a__b--c..d": "a-b-c-d", "a._-b": "a-b", " PyYAML\n": "pyyaml", "": "",
		"-": "-", "a-b-c": "a-b-c", "\u2028x\u00a0": "x", "Ünï": "Ünï", "ü-1": "ü-1", "x\u2003y": "x\u2003y",
	} {
		if got := pypi.NormalizeName(in); got != want || pypi.NormalizeName(want) != want {
			t.Errorf("NormalizeName(%q) = %q, want %q", in, got, want)
		}
		if pypi.IsNormalized(in) != (in == want) || !pypi.IsNormalized(want) {
			t.Errorf("IsNormalized(%q) = %v", in, pypi.IsNormalized(in))
		}
	}
	if pypi.IsNormalized("a\xff") {
		t.Error("bytes that are no text are called normalised")
	}
}

// TestLatestVersion follows PEP 440, not the text.
func TestLatestVersion(t *testing.T) {
	for want, versions := range map[string][]string{
		"":          nil,
		"1.10":      {"1.9", "1.10", "1.2"},
		"2.0":       {"2.0", "2.1rc1", "2.1.dev0", "3.0a1"},
		"3.0b2":     {"3.0a9", "3.0b2", "3.0b1", "what"},
		"1.0.post1": {"1.0", "1.0.post1", "1.0rc9"},
		"1!0.1":     {"9.9", "1!0.1"},
		"other":     {"other", "odd"},
		"2024.2.2":  {"2024.2.2", "2023.11.17", "2024.02.01"},
	} {
		if got := pypi.LatestVersion(versions); got != want {
			t.Errorf("LatestVersion(%v) = %q, want %q", versions, got, want)
		}
	}
}
