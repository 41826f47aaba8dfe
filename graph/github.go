package graph

import (
	"context"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/projects"
)

// GitHub is what happened in a project's repository within some days.
type GitHub struct {
	op     *operation
	of     *projects.Repository
	days   cube.Range
	origin *origin
}

// GitHub resolves Project.github.
func (p *Project) GitHub(ctx context.Context) (*GitHub, error) {
	op, n, args, err := field[part](ctx)
	if err != nil || op.Snap.GitHub == nil {
		return nil, err
	}
	if err := n.Wait(ctx); err != nil {
		return nil, err
	}
	of, err := op.Projects.RepositoryOf(ctx, p.Name)
	if err != nil || of == nil {
		return nil, err
	}
	return &GitHub{op, of, of.Over(op.Snap, args.Slice.Slice), args.origin([]string{p.Name})}, nil
}

// ID tells the project and the range.
func (g *GitHub) ID() string { return g.origin.id("GitHub") }

// Repository is owner/name as it is called now.
func (g *GitHub) Repository() string { return g.of.Name }

// URL leads to it.
func (g *GitHub) URL() string { return "https://github.com/" + g.of.Name }

// FirstDay is the first with any event.
func (g *GitHub) FirstDay() cube.Day { return g.of.Days.From }

// LastDay is the last with any event.
func (g *GitHub) LastDay() cube.Day { return g.of.Days.To }

// known tells of days that something is known of them.
func (g *GitHub) known(days cube.Range) bool { return g.of.Knows(g.op.Snap, days) }

// count is a metric over the range.
func (g *GitHub) count(m projects.GitHubMetric) *int64 {
	if !g.known(g.days) {
		return nil
	}
	n := g.of.Count(m, g.days)
	return &n
}

// Stars are the accounts that starred it.
func (g *GitHub) Stars() *int64 { return g.count(projects.Stars) }

// Forks are the accounts that forked it.
func (g *GitHub) Forks() *int64 { return g.count(projects.Forks) }

// Contributors are the accounts that did something to it.
func (g *GitHub) Contributors() *int64 { return g.count(projects.Contributors) }

// Issues are its issues.
func (g *GitHub) Issues() *GitHubIssues {
	return &GitHubIssues{g.count(projects.IssuesOpened), g.count(projects.IssuesClosed), g.count(projects.IssuesOpen)}
}

// PullRequests are its pull requests.
func (g *GitHub) PullRequests() *GitHubPullRequests {
	return &GitHubPullRequests{g.count(projects.PullRequestsOpened), g.count(projects.PullRequestsClosed), g.count(projects.PullRequestsMerged), g.count(projects.PullRequestsOpen)}
}

// GitHubIssues are a repository's issues within some days.
type GitHubIssues struct{ Opened, Closed, Open *int64 }

// GitHubPullRequests are its pull requests.
type GitHubPullRequests struct{ Opened, Closed, Merged, Open *int64 }

// Missing are the days of the range of which not every hour is loaded.
func (g *GitHub) Missing() ([]cube.Day, error) {
	if !g.op.Snap.GitHub.Dated {
		return nil, undated()
	}
	return append([]cube.Day{}, g.op.Snap.GitHub.Days.Missing(g.days)...), nil
}

// undated is the error of what needs to know which days are loaded.
func undated() error {
	return &fault.Error{Code: fault.Uncovered, Message: "which days of events on GitHub are loaded cannot be told at a bearable cost: fill a table github_hours beside them, as clickql schema apply creates it"}
}

// Series resolves GitHub.series.
func (g *GitHub) Series(ctx context.Context) (*GitHubSeries, error) {
	_, _, every, err := field[cube.Interval](ctx)
	if err == nil {
		err = g.op.limits.points(g.days, every)
	}
	if err != nil {
		return nil, err
	}
	s := &GitHubSeries{GitHub: g, Interval: every, Dates: append([]cube.Day{}, cube.Buckets(g.days, every)...)}
	for _, first := range s.Dates {
		s.ranges = append(s.ranges, cube.Range{From: first, To: every.Next(first) - 1}.Within(g.days))
	}
	return s, nil
}

// GitHubSeries is what happened in each interval.
type GitHubSeries struct {
	*GitHub
	Interval cube.Interval
	Dates    []cube.Day

	ranges []cube.Range // what of the intervals lies in the range
}

// ID tells the project, the range and the interval.
func (s *GitHubSeries) ID() string { return s.origin.then("series", s.Interval).id("GitHubSeries") }

// Complete tells of each interval that it lies wholly inside the range and that
// every hour of it is loaded.
func (s *GitHubSeries) Complete() ([]bool, error) {
	if !s.op.Snap.GitHub.Dated {
		return nil, undated()
	}
	return append([]bool{}, s.op.Snap.GitHub.Days.Complete(s.days, s.Interval)...), nil
}

// over is a metric in each interval, null where nothing is known of it.
func (s *GitHubSeries) over(m projects.GitHubMetric) []*int64 {
	return s.where(s.of.Series(m, s.ranges))
}

// where leaves out what is not known.
func (s *GitHubSeries) where(counts []int64) []*int64 {
	out := make([]*int64, len(counts))
	for i := range counts {
		if s.known(s.ranges[i]) {
			out[i] = &counts[i]
		}
	}
	return out
}

// Stars are gained in each interval.
func (s *GitHubSeries) Stars() []*int64 { return s.over(projects.Stars) }

// TotalStars are all until its end.
func (s *GitHubSeries) TotalStars() []*int64 {
	sums := make([]int64, len(s.ranges))
	for i, days := range s.ranges {
		sums[i] = s.of.Count(projects.Stars, cube.Range{From: s.of.Days.From, To: days.To})
	}
	return s.where(sums)
}

// Forks are made in each interval.
func (s *GitHubSeries) Forks() []*int64 { return s.over(projects.Forks) }

// Contributors are those of each interval.
func (s *GitHubSeries) Contributors() []*int64 { return s.over(projects.Contributors) }

// IssuesOpened are opened in each interval, and the others alike.
func (s *GitHubSeries) IssuesOpened() []*int64 { return s.over(projects.IssuesOpened) }

// IssuesClosed counts closings.
func (s *GitHubSeries) IssuesClosed() []*int64 { return s.over(projects.IssuesClosed) }

// IssuesOpen are open at its end.
func (s *GitHubSeries) IssuesOpen() []*int64 { return s.over(projects.IssuesOpen) }

// PullRequestsOpened are opened in each interval.
func (s *GitHubSeries) PullRequestsOpened() []*int64 { return s.over(projects.PullRequestsOpened) }

// PullRequestsClosed counts closings, merged or not.
func (s *GitHubSeries) PullRequestsClosed() []*int64 { return s.over(projects.PullRequestsClosed) }

// PullRequestsMerged are merged in each interval.
func (s *GitHubSeries) PullRequestsMerged() []*int64 { return s.over(projects.PullRequestsMerged) }

// PullRequestsOpen are open at its end.
func (s *GitHubSeries) PullRequestsOpen() []*int64 { return s.over(projects.PullRequestsOpen) }
