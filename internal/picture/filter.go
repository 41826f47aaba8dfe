package picture

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"

	"clickql/internal/country"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/pypi"
)

// Filter is which downloads count: as the filter of GraphQL, with the same
// meaning.
type Filter struct {
	conditions []cube.Condition
	specifier  string // of versions; empty for none
	parsed     *pypi.Specifier
	mirrors    bool
	human      bool
}

// filter reads the filters.
func (r *reader) filter() Filter {
	f := Filter{mirrors: r.boolean("mirrors", true), human: r.boolean("human", false)}
	for _, d := range cube.OfProject {
		text, ok := r.text(d.FilterField())
		if !ok {
			continue
		}
		if d == cube.Version && isSpecifier(text) {
			parsed, err := pypi.ParseSpecifier(text)
			r.check(err)
			f.specifier, f.parsed = strings.TrimSpace(text), parsed
			continue
		}
		c := cube.Condition{Dim: d}
		if rest, not := strings.CutPrefix(text, "!"); not {
			c.Not, text = true, rest
		}
		for v := range strings.SplitSeq(text, ",") {
			c.Values = append(c.Values, strings.TrimSpace(strings.TrimPrefix(v, "!")))
		}
		if d == cube.Country {
			r.countries(c.Values)
		}
		f.conditions = append(f.conditions, c)
	}
	return f
}

// isSpecifier tells a specifier from versions: it begins with a comparison.
func isSpecifier(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && strings.ContainsRune("<>=~", rune(text[0])) || strings.HasPrefix(text, "!=")
}

// countries writes countries as the data does, by their codes.
func (r *reader) countries(values []string) {
	for i, v := range values {
		code := strings.ToUpper(v)
		if v == "" || country.Name(code) != "" {
			values[i] = code
			continue
		}
		at := slices.IndexFunc(country.All(), func(c country.Country) bool { return strings.EqualFold(c.Name, v) })
		if at < 0 {
			r.fail("%q is no country; write codes of ISO 3166-1 such as DE, or English names", Shorten(v))
			continue
		}
		values[i] = country.All()[at].Code
	}
}

// maxVersions is how many versions a project may have for a specifier.
const maxVersions = 10_000

// narrow is the slice that the filter, which is settled, leaves of another.
func (f Filter) narrow(ctx context.Context, op *fetch.Operation, s cube.Slice) (cube.Slice, error) {
	for _, c := range f.conditions {
		s = s.Narrow(c)
	}
	if f.parsed != nil {
		versions, err := f.versions(ctx, op, s)
		if err != nil {
			return s, err
		}
		s = s.With(cube.Version, versions...)
	}
	if !f.mirrors {
		s = s.WithoutMirrors(op.Snapshot().Mirrors...)
	}
	if f.human {
		s = s.People(op.Snapshot().Mirrors...)
	}
	return s, nil
}

// versions are those that the specifier holds for.
func (f Filter) versions(ctx context.Context, op *fetch.Operation, s cube.Slice) ([]string, error) {
	if s.Projects == nil {
		return nil, fault.BadInput("version=%s needs a project: the versions of all projects cannot be compared", f.specifier)
	}
	res, err := op.Load(ctx, cube.SplitOf(cube.Slice{Projects: s.Projects, AllTime: true}, cube.Version, maxVersions, nil).WithoutTotal())
	if err != nil {
		return nil, err
	}
	if res.More {
		return nil, fault.BadInput("version=%s cannot be looked up: there are more than %d versions; list them", f.specifier, maxVersions)
	}
	all := res.Listed()
	selected := f.parsed.Select(pypi.ReadVersions(all))
	if len(selected) == 0 {
		return nil, fault.BadInput("no version of %s is %s; there are %s", strings.Join(s.Projects, ", "), f.specifier, some(all))
	}
	return selected, nil
}

// settle is the filter with every value written as it is in the downloads of the
// projects, or of everybody where there are no names. A value that they never had
// is an error that says which there are: it must not be drawn as a true zero.
func (f Filter) settle(ctx context.Context, op *fetch.Operation, names []string) (Filter, error) {
	everything := cube.Slice{Projects: names, AllTime: true}
	var asked []cube.Request
	for _, c := range f.conditions {
		for _, v := range c.Values {
			asked = append(asked, cube.TotalOf(everything.With(c.Dim, v)))
		}
	}
	op.Prefetch(ctx, asked)
	f.conditions = slices.Clone(f.conditions)
	for i, c := range f.conditions {
		values := slices.Clone(c.Values)
		for j, v := range values {
			res, err := op.Load(ctx, cube.TotalOf(everything.With(c.Dim, v)))
			meant := v
			if err == nil && res.Total == 0 {
				meant, err = nearest(ctx, op, everything, c.Dim, v)
			}
			switch {
			case err == nil:
				values[j] = meant
			case !dear(err):
				return f, err
			}
		}
		f.conditions[i].Values = values
	}
	return f, nil
}

// dear tells that something of all time costs more than may be asked, or that no
// table has it: what is drawn of a range may not.
func dear(err error) bool {
	e := new(fault.Error)
	return errors.As(err, &e) && (e.Code == fault.CostLimit || e.Code == fault.Uncovered)
}

// maxNear is how many values of a dimension are looked through for one that was
// written otherwise.
const maxNear = 1000

// nearest is the value that is meant by one that never occurs: the same in
// another case. Where there is none, the error says what there is.
func nearest(ctx context.Context, op *fetch.Operation, s cube.Slice, d cube.Dimension, value string) (string, error) {
	res, err := op.Load(ctx, cube.SplitOf(s, d, maxNear, nil).WithoutTotal())
	if err != nil {
		return "", err
	}
	var known []string
	for _, g := range res.Groups {
		if strings.EqualFold(g.Value, value) {
			return g.Value, nil
		}
		if g.Value != "" {
			known = append(known, g.Value)
		}
	}
	of := "the data"
	if len(s.Projects) > 0 {
		of = "downloads of " + strings.Join(s.Projects, ", ")
	}
	return "", fault.BadInput("%s=%s is in no %s; there are %s", d.FilterField(), Shorten(value), of, some(known))
}

// some lists a few values.
func some(values []string) string {
	const few = 8
	if len(values) == 0 {
		return "none"
	}
	text := strings.Join(values[:min(few, len(values))], ", ")
	if len(values) > few {
		text += " and others"
	}
	return text
}

// says are the filter's parts in words, for a subtitle.
func (f Filter) says() (words []string) {
	for _, c := range f.conditions {
		words = append(words, say(c))
	}
	if f.specifier != "" {
		words = append(words, "version "+f.specifier)
	}
	switch {
	case f.human:
		words = append(words, "without mirrors and CI")
	case !f.mirrors:
		words = append(words, "without mirrors")
	}
	return words
}

// say is a condition in words: "Python 3.12", "in Germany or France".
func say(c cube.Condition) string {
	labels := make([]string, len(c.Values))
	for i, v := range c.Values {
		labels[i] = c.Dim.Label(v)
	}
	list, not := english.WordSeries(labels, "or"), ""
	if c.Not {
		not = "not "
	}
	switch lead, known := leads[c.Dim]; {
	case known:
		return not + lead + list
	case c.Dim == cube.FileType:
		return not + list + " files"
	case c.Dim != cube.CI:
		return not + c.Dim.Title() + " " + list
	case list == strconv.FormatBool(!c.Not):
		return "in CI"
	case list == strconv.FormatBool(c.Not):
		return "outside of CI"
	}
	return "CI " + not + list
}

// leads are what stands before values that do not need their dimension's name.
var leads = map[cube.Dimension]string{
	cube.Country: "in ", cube.System: "on ", cube.Distro: "on ", cube.Installer: "with ", cube.InstallerVersion: "with ", cube.Python: "Python ", cube.Libc: "",
}

// empty reports that every download counts.
func (f Filter) empty() bool {
	return len(f.conditions) == 0 && f.parsed == nil && f.mirrors && !f.human
}
