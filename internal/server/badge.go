package server

import (
	"context"
	"encoding/json"
	"strings"

	"clickql/internal/draw"
	"clickql/internal/fetch"
	"clickql/internal/picture"
	"clickql/internal/render"
)

// badges are small pictures of one number.
var badges = kind{
	use:     picture.OfBadge,
	policy:  picturePolicy,
	formats: []string{formatSVG, formatPNG, "json"},
	read: func(name, query string) (subject, error) {
		b, err := picture.ReadBadge(name, query)
		return badge{b}, err
	},
}

// badge is one of them.
type badge struct{ picture.Badge }

func (b badge) keep() int { return b.CacheSeconds }

func (b badge) words(format string, w words) []byte {
	if format == "json" {
		return b.endpoint(b.Look.Label, w.text, w.failed)
	}
	spec := b.Look
	spec.Value, spec.State = w.text, render.Unknown
	if w.failed {
		spec.State = render.Failed
	}
	if w.text == "wrong parameter" {
		spec.Value = w.detail
	}
	d, err := render.Badge(spec)
	if err != nil { // only the looks can be wrong, and they have been read
		d, _ = render.Badge(render.BadgeSpec{Label: spec.Label, Value: spec.Value, State: spec.State})
	}
	return said(d, format, draw.Light, b.Density)
}

func (b badge) answer(ctx context.Context, op *fetch.Operation, format string) ([]byte, error) {
	spec, err := b.Load(ctx, op)
	if err != nil {
		return nil, err
	}
	if format == "json" {
		e := b.endpointOf(spec.Label, spec.Value, false)
		if spec.State != render.Known {
			e.Color = "lightgrey"
		} else if spec.Color != "" {
			e.Color = strings.TrimPrefix(spec.Color, "#")
		}
		return json.Marshal(e)
	}
	d, err := render.Badge(spec)
	if err != nil {
		return nil, err
	}
	return shown(d, format, draw.Light, b.Density)
}

// endpoint is a badge as shields.io's endpoint badge reads it, whose schema allows
// no other fields.
type endpoint struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color,omitempty"`
	LabelColor    string `json:"labelColor,omitempty"`
	IsError       bool   `json:"isError,omitempty"`
	NamedLogo     string `json:"namedLogo,omitempty"`
	LogoColor     string `json:"logoColor,omitempty"`
	Style         string `json:"style,omitempty"`
	CacheSeconds  int    `json:"cacheSeconds,omitempty"`
}

// endpointOf is the badge with a message.
func (b badge) endpointOf(label, message string, failed bool) endpoint {
	e := endpoint{SchemaVersion: 1, Label: label, Message: message, Color: "blue", IsError: failed, NamedLogo: b.Logo,
		LabelColor: strings.TrimPrefix(b.Look.LabelColor, "#"), LogoColor: strings.TrimPrefix(b.Look.LogoColor, "#"),
		Style: string(b.Look.Style), CacheSeconds: b.CacheSeconds}
	if b.Logo == "" {
		e.LogoColor = ""
	}
	return e
}

// endpoint is what the badge says in place of a number, as JSON.
func (b badge) endpoint(label, message string, failed bool) []byte {
	e := b.endpointOf(label, message, failed)
	e.Color, e.CacheSeconds = "lightgrey", 0
	if failed {
		e.Color = "red"
	}
	body, _ := json.Marshal(e) // a struct of texts and numbers can be written
	return body
}
