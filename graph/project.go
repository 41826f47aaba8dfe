package graph

import (
	"context"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/projects"
)

// Node is the GraphQL interface of that name.
type Node interface{ IsNode() }

// Project is the GraphQL type of that name.
type Project struct {
	op   *operation
	Name string // normalised
}

// IsNode says that Project is a Node.
func (*Project) IsNode() {}

// ID is the field of that name.
func (p *Project) ID() string { return projectID(p.Name) }

// Downloads is the field of that name. The generated code finds it by the names
// of its arguments, hence Range.
func (p *Project) Downloads(ctx context.Context, Range *DateRange, filter *DownloadsFilter) (*Downloads, error) {
	base, err := p.op.slice(Range, filter)
	if err != nil {
		return nil, err
	}
	s, err := p.op.resolve(ctx, base.of(p.Name))
	if err != nil {
		return nil, err
	}
	return &Downloads{p.op, s}, nil
}

// FirstDownload is the field of that name.
func (p *Project) FirstDownload(ctx context.Context) (*catalog.Day, error) {
	days, err := p.days(ctx)
	if err != nil || days.Empty() {
		return nil, err
	}
	return &days.From, nil
}

// LastDownload is the field of that name.
func (p *Project) LastDownload(ctx context.Context) (*catalog.Day, error) {
	days, err := p.days(ctx)
	if err != nil || days.Empty() {
		return nil, err
	}
	return &days.To, nil
}

// days runs from the first day with a download to the last.
func (p *Project) days(ctx context.Context) (catalog.Range, error) {
	res, err := p.op.loads.Load(ctx, extent(p.Name))
	if err != nil {
		return catalog.Range{}, err
	}
	return res.Extent, nil
}

// Summary is the field of that name.
func (p *Project) Summary(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.Summary })
}

// LatestVersion is the field of that name.
func (p *Project) LatestVersion(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.LatestVersion })
}

// Author is the field of that name.
func (p *Project) Author(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.Author })
}

// Maintainer is the field of that name.
func (p *Project) Maintainer(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.Maintainer })
}

// License is the field of that name.
func (p *Project) License(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.License })
}

// HomePage is the field of that name.
func (p *Project) HomePage(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.HomePage })
}

// RequiresPython is the field of that name.
func (p *Project) RequiresPython(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.RequiresPython })
}

// Repository is the field of that name.
func (p *Project) Repository(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.Repository })
}

// LastRelease is the field of that name.
func (p *Project) LastRelease(ctx context.Context) (*time.Time, error) {
	m, err := p.op.projects.Metadata(ctx, p.Name)
	if err != nil || m == nil || m.LastRelease.IsZero() {
		return nil, err
	}
	return &m.LastRelease, nil
}

// text is one field of the metadata, null where it is unknown or empty.
func (p *Project) text(ctx context.Context, of func(*projects.Metadata) string) (*string, error) {
	m, err := p.op.projects.Metadata(ctx, p.Name)
	if err != nil || m == nil {
		return nil, err
	}
	text := of(m)
	if text == "" {
		return nil, nil
	}
	return &text, nil
}
