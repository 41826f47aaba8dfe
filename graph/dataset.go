package graph

import (
	"context"
	"time"

	"clickql/graph/rounds"
	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// Dataset is the data set as a whole.
type Dataset struct {
	op                            *operation
	FirstDay, LastDay, SettledDay *cube.Day
	SettledBy                     catalog.SettledBy
	UpdatedAt                     *time.Time
	Missing                       []cube.Day // shared: read only
}

func (*operation) gatherDataset(r *rounds.Round, n *node) {
	r.AskDataset(n.has("totalDownloads"), n.has("projectCount"))
}

// Dataset resolves Query.dataset.
func (queryResolver) Dataset(ctx context.Context) (*Dataset, error) {
	op := operationOf(ctx)
	if err := op.Ready(); err != nil {
		return nil, err
	}
	return newDataset(op), nil
}

// newDataset is the data set as the operation sees it.
func newDataset(op *operation) *Dataset {
	d := &Dataset{op: op, UpdatedAt: op.asOf(), Missing: op.Snap.Missing, SettledBy: op.Snap.SettledBy}
	if days := op.Snap.Days; !days.Empty() {
		d.FirstDay, d.LastDay = &days.From, &days.To
	}
	if settled := op.Snap.Calendar().Settled(); !settled.Empty() {
		d.SettledDay = &settled.To
	}
	return d
}

// asOf is when the data last changed; nil where the database does not tell.
func (op *operation) asOf() *time.Time {
	at := op.Snap.UpdatedAt
	if at.IsZero() {
		return nil
	}
	return &at
}

// TotalDownloads is of all time.
func (d *Dataset) TotalDownloads(ctx context.Context) (int64, error) { return d.op.Everything(ctx) }

// ProjectCount counts projects with a download.
func (d *Dataset) ProjectCount(ctx context.Context) (int64, error) { return d.op.ProjectCount(ctx) }
