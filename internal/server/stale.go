package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"strconv"
	"time"

	"clickql/internal/cache"
	"clickql/internal/fault"
	"clickql/internal/fetch"
)

// unlessAway is what work gives, or ok is false as soon as ClickHouse turns out to be
// away: then work goes on by itself, and nobody looks at what it gives. It is for
// questions to which there is an answer from before.
func unlessAway[T any](l *fetch.Loader, work func() T) (result T, ok bool) {
	type outcome struct {
		result T
		cause  any // of a panic
	}
	ended := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.cause = recover()
			ended <- o
		}()
		o.result = work()
	}()
	for {
		changed := l.Changed()
		select {
		case o := <-ended:
			if o.cause != nil {
				panic(o.cause)
			}
			return o.result, true
		default:
		}
		if l.Stale() != nil {
			return result, false
		}
		select {
		case o := <-ended:
			ended <- o // to be looked at above
		case <-changed:
		}
	}
}

// away reports the code of a failure that an answer from before may stand in for.
func away(code fault.Code) bool {
	return code == fault.Unavailable || code == fault.Overloaded || code == fault.Timeout
}

// failedAway is the first code of a response's errors that an answer from before may
// stand in for; empty where there is none.
func failedAway(body []byte) string {
	if !bytes.HasPrefix(body, []byte(`{"errors"`)) {
		return ""
	}
	var failed struct {
		Errors []struct {
			Extensions struct {
				Code string `json:"code"`
			} `json:"extensions"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &failed) != nil {
		return ""
	}
	for _, e := range failed.Errors {
		if away(fault.Code(e.Extensions.Code)) {
			return e.Extensions.Code
		}
	}
	return ""
}

// fromBefore is the answer of before to what is asked, and what it is marked with, in
// place of one that failed with a code; nil where there is none that may be given.
func fromBefore[V any](kept *cache.Cache[V], loader *fetch.Loader, asked, code string) (answer V, stale *fetch.Stale) {
	answer, until, ok := kept.Any(asked)
	if !ok {
		return answer, nil
	}
	if stale = loader.Stale(); stale == nil || !until.IsZero() {
		stale = loader.Instead(until, code)
	}
	return answer, stale
}

// tellAge writes the header of an answer from before: how old it is, and that nobody
// keeps it.
func tellAge(w http.ResponseWriter, stale *fetch.Stale) {
	w.Header().Set("Age", strconv.FormatInt(int64(max(0, time.Since(stale.AsOf).Seconds())), 10))
	w.Header().Set("Cache-Control", keepNothing)
}

// markedResponse is a response's body with extensions.stale. Extensions are what it
// ends with, and every query's answer has some.
func markedResponse(body []byte, stale *fetch.Stale) []byte {
	const end = "}}"
	mark, err := json.Marshal(stale)
	if err != nil || !bytes.HasSuffix(body, []byte(end)) || !bytes.Contains(body, []byte(`"extensions":{`)) {
		return body
	}
	marked := fmt.Appendf(bytes.Clone(body[:len(body)-len(end)]), `,"stale":%s%s`, mark, end)
	if !json.Valid(marked) {
		return body
	}
	return marked
}

// markRadius is the size of a mark on pictures that are of before.
const markRadius = 3.0

// markColor is its amber.
func markColor() color.NRGBA { return color.NRGBA{R: 0xd9, G: 0x77, B: 0x06, A: 0xff} }

// markedPicture is a picture with a mark in its upper right corner, which in an SVG
// says on its title since when.
func markedPicture(body []byte, format string, density float64, stale *fetch.Stale) []byte {
	switch format {
	case formatSVG:
		return markedSVG(body, stale)
	case formatPNG:
		return markedPNG(body, density)
	case formatHTML:
		return markedPage(body, stale)
	}
	return body
}

// markedPage marks a page at its end.
func markedPage(body []byte, stale *fetch.Stale) []byte {
	at := bytes.LastIndex(body, []byte("</body>"))
	if at < 0 {
		return body
	}
	mark := fmt.Sprintf(`<p data-stale="%[1]s">As of %[1]s: %[2]s</p>`, stale.AsOf.UTC().Format(time.RFC3339), stale.Reason)
	return append(append(bytes.Clone(body[:at]), mark...), body[at:]...)
}

// markedSVG marks an SVG. A nested element of full width has its own right edge, so
// that nothing need be known of the picture's size.
func markedSVG(body []byte, stale *fetch.Stale) []byte {
	at := bytes.LastIndex(body, []byte("</svg>"))
	if at < 0 {
		return body
	}
	c := markColor()
	mark := fmt.Sprintf(`<svg x="100%%" overflow="visible"><circle cx="-5" cy="5" r="%g" fill="#%02x%02x%02x" data-stale="%[5]s"><title>As of %[5]s: %[6]s</title></circle></svg>`,
		markRadius, c.R, c.G, c.B, stale.AsOf.UTC().Format(time.RFC3339), stale.Reason)
	return append(append(bytes.Clone(body[:at]), mark...), body[at:]...)
}

// markedPNG marks a PNG.
func markedPNG(body []byte, density float64) []byte {
	decoded, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		return body
	}
	bounds := decoded.Bounds()
	marked := image.NewNRGBA(bounds)
	draw.Draw(marked, bounds, decoded, bounds.Min, draw.Src)
	density = max(density, 1)
	r := markRadius * density
	cx, cy := float64(bounds.Max.X)-5*density, float64(bounds.Min.Y)+5*density
	for y := int(cy - r); y <= int(cy+r); y++ {
		for x := int(cx - r); x <= int(cx+r); x++ {
			dx, dy := float64(x)+0.5-cx, float64(y)+0.5-cy
			if dx*dx+dy*dy <= r*r {
				marked.Set(x, y, markColor())
			}
		}
	}
	var out bytes.Buffer
	if png.Encode(&out, marked) != nil {
		return body
	}
	return out.Bytes()
}
