package server

import (
	"context"
	"net/http"

	"clickql/internal/fetch"
	"clickql/internal/picture"
	"clickql/internal/tabular"
)

// list writes the projects of a slice as they come. A format is begun with the
// first row, so that what fails before can still be told as an error.
func list(ctx context.Context, op *fetch.Operation, k picture.Rankings, format tabular.Format, out http.ResponseWriter) error {
	var w tabular.Writer
	begin := func() (err error) {
		w, err = tabular.New(format, out, []tabular.Column{
			{Name: "position", Kind: tabular.Whole, Required: true}, {Name: "project", Kind: tabular.Text, Required: true}, {Name: "total", Kind: tabular.Whole, Required: true},
		})
		return err
	}
	err := k.Each(ctx, op, func(position int64, project string, total int64) error {
		if w == nil {
			if err := begin(); err != nil {
				return err
			}
		}
		return w.Row(position, project, total)
	})
	if err != nil {
		return err
	}
	if w == nil { // nothing was downloaded
		if err := begin(); err != nil {
			return err
		}
	}
	return w.Close()
}
