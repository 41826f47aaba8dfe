package graph

import (
	"context"
	"time"

	"clickql/internal/catalog"
)

// Dataset is the GraphQL type of that name.
type Dataset struct {
	op                *operation
	FirstDay, LastDay *catalog.Day
	UpdatedAt         *time.Time
	Missing           []catalog.Day // shared: read only
}

// Dataset is the field of that name.
func (queryResolver) Dataset(ctx context.Context) (*Dataset, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	return newDataset(op), nil
}

// newDataset is the data set as the operation sees it.
func newDataset(op *operation) *Dataset {
	d := &Dataset{op: op, Missing: op.snap.Missing}
	if days := op.snap.Days; !days.Empty() {
		d.FirstDay, d.LastDay = &days.From, &days.To
	}
	if at := op.snap.UpdatedAt; !at.IsZero() {
		d.UpdatedAt = &at
	}
	return d
}

// TotalDownloads is the field of that name.
func (d *Dataset) TotalDownloads(ctx context.Context) (int64, error) {
	if d.op.indexed() {
		return d.op.snap.Projects.Sum(), nil
	}
	res, err := d.op.loads.Load(ctx, everything)
	if err != nil {
		return 0, err
	}
	return res.Total, nil
}

// ProjectCount is the field of that name.
func (d *Dataset) ProjectCount(ctx context.Context) (int64, error) {
	if d.op.indexed() {
		return int64(d.op.snap.Projects.Len()), nil
	}
	res, err := d.op.loads.Load(ctx, allProjects)
	if err != nil {
		return 0, err
	}
	return res.Values, nil
}
