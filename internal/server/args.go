package server

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// args reads the parameters of a picture's address. It is strict: what it does
// not know, or knows twice, is an error, since a picture that ignores a
// parameter shows something else than its author thinks. The first error wins
// and later reads give defaults, so that a picture can be read to its end.
type args struct {
	values url.Values
	read   map[string]bool
	err    error
}

// newArgs prepares to read the address's query.
func newArgs(u *url.URL) *args {
	values, err := url.ParseQuery(u.RawQuery)
	a := &args{values: values, read: map[string]bool{}}
	if err != nil {
		a.fail("the address's parameters cannot be read: use name=value&name=value")
	}
	return a
}

// fail notes what the reader did wrong.
func (a *args) fail(format string, parts ...any) {
	if a.err == nil {
		a.err = &query.Error{Code: query.BadUserInput, Message: fmt.Sprintf(format, parts...)}
	}
}

// check notes err, which is for the reader.
func (a *args) check(err error) {
	if a.err == nil {
		a.err = err
	}
}

// maxArg is the longest value in bytes.
const maxArg = 200

// text is the parameter's value; ok is false where it is not there.
func (a *args) text(name string) (value string, ok bool) {
	a.read[name] = true
	all := a.values[name]
	switch {
	case len(all) == 0:
		return "", false
	case len(all) > 1:
		a.fail("%s is given %d times", name, len(all))
		return "", false
	case len(all[0]) > maxArg:
		a.fail("%s is longer than %d bytes", name, maxArg)
		return "", false
	}
	return all[0], true
}

// number is the parameter's whole number, absent where it is not there or
// is none.
func (a *args) number(name string, absent int) int {
	text, ok := a.text(name)
	if !ok {
		return absent
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		a.fail("%s is %q; it must be a whole number", name, text)
		return absent
	}
	return n
}

// boolean is the parameter's true or false.
func (a *args) boolean(name string, absent bool) bool {
	text, ok := a.text(name)
	switch {
	case !ok:
		return absent
	case text == "true" || text == "false":
		return text == "true"
	}
	a.fail("%s is %q; it must be true or false", name, text)
	return absent
}

// choice is the one of the values that the parameter names, in any case.
func (a *args) choice(name string, values ...string) (chosen string, ok bool) {
	text, ok := a.text(name)
	if !ok {
		return "", false
	}
	for _, v := range values {
		if strings.EqualFold(text, v) {
			return v, true
		}
	}
	a.fail("%s is %q; it must be one of %s", name, text, strings.ToLower(strings.Join(values, ", ")))
	return "", false
}

// day is the parameter's date, nil where it is not there.
func (a *args) day(name string) *catalog.Day {
	text, ok := a.text(name)
	if !ok {
		return nil
	}
	d, err := catalog.ParseDay(text)
	if err != nil {
		a.fail("%s: %s", name, err)
		return nil
	}
	return &d
}

// list is the parameter's values, separated by commas.
func (a *args) list(name string) (values []string, ok bool) {
	text, ok := a.text(name)
	if !ok {
		return nil, false
	}
	return strings.Split(text, ","), true
}

// end checks that every parameter has been read and gives the first error.
func (a *args) end() error {
	var unknown []string
	for name := range a.values {
		if !a.read[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		known := make([]string, 0, len(a.read))
		for name := range a.read {
			known = append(known, name)
		}
		slices.Sort(known)
		a.fail("%q is not a parameter; there are %s", shorten(unknown[0]), strings.Join(known, ", "))
	}
	return a.err
}

// maxShown is the length at which texts of strangers are cut, in runes.
const maxShown = 60

// shorten cuts a stranger's text to a length that can be shown.
func shorten(text string) string {
	if r := []rune(text); len(r) > maxShown {
		return string(r[:maxShown-1]) + "…"
	}
	return text
}
