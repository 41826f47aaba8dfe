package gqlhttp

import (
	"mime"
	"strconv"
	"strings"
)

// The media types that answers are written in.
const (
	typeJSON   = "application/json"
	typeAnswer = "application/graphql-response+json"
	typeStream = "text/event-stream"
)

// accepted is how much a client wants each media type: RFC 9110's quality, 0 for
// not at all.
type accepted struct{ json, answer, stream float64 }

// accepts reads Accept headers. A missing one accepts everything, and what
// accepts everything gets application/json.
func accepts(headers []string) accepted {
	if strings.TrimSpace(strings.Join(headers, "")) == "" {
		return accepted{json: 1, answer: 0.5, stream: 0.5}
	}
	var a accepted
	var specific [3]int
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			kind, attributes, err := mime.ParseMediaType(item)
			if err != nil {
				continue
			}
			q := 1.0
			if given, ok := attributes["q"]; ok {
				if q, err = strconv.ParseFloat(given, 64); err != nil || q < 0 || q > 1 {
					q = 0
				}
			}
			for i, into := range []struct {
				name    string
				quality *float64
			}{{typeJSON, &a.json}, {typeAnswer, &a.answer}, {typeStream, &a.stream}} {
				// The most specific range decides, whatever its quality.
				if s := specificity(kind, into.name); s > specific[i] {
					*into.quality, specific[i] = q, s
				}
			}
		}
	}
	if specific[0] == specific[1] && specific[0] < 3 {
		a.answer = min(a.answer, a.json/2) // both by a wildcard
	}
	return a
}

// specificity tells how closely a media range matches a type: 0 not at all, 1
// */*, 2 its main type, 3 exactly.
func specificity(pattern, name string) int {
	main, _, _ := strings.Cut(name, "/")
	switch pattern {
	case name:
		return 3
	case main + "/*":
		return 2
	case "*/*":
		return 1
	}
	return 0
}

// document is the type of an answer in one document; ok is false where the
// client accepts neither.
func (a accepted) document() (kind string, ok bool) {
	switch {
	case a.answer > 0 && a.answer >= a.json:
		return typeAnswer, true
	case a.json > 0:
		return typeJSON, true
	}
	return typeJSON, false
}
