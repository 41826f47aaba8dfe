package sample

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"
)

// eventsPerHour are the events of each hour, over all repositories: every hour has
// some, so that every day of the sample is one of which all is known.
const eventsPerHour = 10

// repository is a repository of some of the sample's projects.
type repository struct {
	id     uint64
	name   string // as the metadata names it
	from   day
	weight float64
	// Until renamed it is called before, from then on after; the metadata names
	// one of the two.
	before, after string
	renamed       day
	issues, pulls threads
}

// threads are issues or pull requests, by the state that they are in.
type threads struct {
	last         uint32
	open, closed []uint32
}

// repositories are those of the projects, in their order. The one of the most
// downloaded project was renamed half-way through the sample, and that of the next
// three quarters through, of which the metadata does not know.
func (w *world) repositories() []*repository {
	byName := map[string]*repository{}
	var list []*repository
	for _, p := range w.projects {
		if p.repo == "" || p.begins() > w.until {
			continue
		}
		r := byName[p.repo]
		if r == nil {
			r = &repository{id: hashString(p.repo) % 1e9, name: p.repo, before: p.repo, after: p.repo, from: p.begins()}
			byName[p.repo], list = r, append(list, r)
		}
		r.from, r.weight = min(r.from, p.begins()), r.weight+math.Sqrt(p.weight)
	}
	days := day(w.options.Days)
	best := slices.Clone(list)
	slices.SortStableFunc(best, func(a, b *repository) int { return cmp.Compare(b.weight, a.weight) })
	for i, r := range best[:min(2, len(best))] {
		owner, name, _ := strings.Cut(r.name, "/")
		if other := owner + "-labs/" + name; i == 0 {
			r.before, r.renamed = other, w.first+days/2
		} else {
			r.after, r.renamed = other, w.first+days*3/4
		}
	}
	return list
}

// event is a line of GH Archive's files, with what is read of it.
type event struct {
	ID        string       `json:"id"`
	Type      string       `json:"type"`
	Actor     eventActor   `json:"actor"`
	Repo      eventRepo    `json:"repo"`
	Payload   eventPayload `json:"payload"`
	Public    bool         `json:"public"`
	CreatedAt time.Time    `json:"created_at"`
}

type (
	eventActor struct {
		Login string `json:"login"`
	}
	eventRepo struct {
		ID   uint64 `json:"id"`
		Name string `json:"name"`
	}
	eventPayload struct {
		Action      string       `json:"action,omitempty"`
		Number      uint32       `json:"number,omitempty"`
		Issue       *eventThread `json:"issue,omitempty"`
		PullRequest *eventThread `json:"pull_request,omitempty"`
	}
	eventThread struct {
		Number uint32 `json:"number"`
		Merged bool   `json:"merged,omitempty"`
	}
)

// githubFile is a file of events, of a day's hours from one on and before another.
type githubFile struct {
	name         string
	day          day
	from, before int
}

// githubFiles are the files of events. Each of the last two days has a file for each
// hour, as GH Archive does, the others one for all their hours.
func (w *world) githubFiles() (files []githubFile) {
	for d := w.first; d <= w.until; d++ {
		if d <= w.until-2 {
			files = append(files, githubFile{filepath.Join(GitHubDir, d.String()+".json.gz"), d, 0, 24})
			continue
		}
		for hour := range 24 {
			files = append(files, githubFile{filepath.Join(GitHubDir, fmt.Sprintf("%s-%d.json.gz", d, hour)), d, hour, hour + 1})
		}
	}
	return files
}

// writeGitHub writes the files of events and returns the number of these.
func (w *world) writeGitHub(out *output) (events int64, err error) {
	list := w.repositories()
	for _, f := range w.githubFiles() {
		lines := w.eventsOf(list, f)
		if err := writeLines(out.path(f.name), lines); err != nil {
			return events, fmt.Errorf("write %s: %w", f.name, err)
		}
		events += int64(len(lines))
	}
	return events, nil
}

// eventsOf draws the events of a file. The hours of a sample are drawn in their order:
// issues are closed that were opened before.
func (w *world) eventsOf(list []*repository, f githubFile) (events []event) {
	d, weights, total := f.day, make([]float64, len(list)), 0.0
	for i, r := range list {
		if d >= r.from {
			total += r.weight
		}
		weights[i] = total
	}
	if total == 0 {
		return nil
	}
	for hour := f.from; hour < f.before; hour++ {
		for k := range uint64(eventsPerHour) {
			draw := func(of uint64) uint64 { return hash(forGitHub, w.options.Seed, uint64(d), uint64(hour), k, of) }
			r := list[sort.SearchFloat64s(weights, math.Nextafter(unit(forGitHub, draw(0))*total, total))]
			e := r.draw(draw, w.options.Seed)
			e.ID, e.Public, e.Repo = fmt.Sprint(20_000_000_000+int64(d)*240+int64(hour)*eventsPerHour+int64(k)), true, eventRepo{r.id, r.before}
			if d >= r.renamed {
				e.Repo.Name = r.after
			}
			e.CreatedAt = d.time().Add(time.Duration(hour)*time.Hour + time.Duration(k)*time.Hour/eventsPerHour + time.Duration(draw(1)%300)*time.Second)
			events = append(events, e)
		}
	}
	return events
}

// draw is what happens in a repository, to which issues and pull requests it may
// add: mostly stars, of accounts that seldom come twice, and else the work of a few.
func (r *repository) draw(draw func(of uint64) uint64, seed uint64) event {
	few := fmt.Sprintf("dev%d", hash(forGitHub, seed, r.id, draw(2)%40)%5000)
	if draw(3)%40 == 0 {
		few = "dependabot[bot]"
	}
	many := fmt.Sprintf("user%d", draw(4)%30_000)
	switch kind := draw(5) % 100; {
	case kind < 48:
		return event{Type: "WatchEvent", Actor: eventActor{many}, Payload: eventPayload{Action: "started"}}
	case kind < 58:
		return event{Type: "ForkEvent", Actor: eventActor{many}}
	case kind < 72:
		action, number := r.issues.step(draw(6))
		return event{Type: "IssuesEvent", Actor: eventActor{few}, Payload: eventPayload{Action: action, Issue: &eventThread{Number: number}}}
	case kind < 86:
		action, number := r.pulls.step(draw(6))
		merged := action == "closed" && draw(7)%4 != 0
		return event{Type: "PullRequestEvent", Actor: eventActor{few}, Payload: eventPayload{Action: action, Number: number, PullRequest: &eventThread{number, merged}}}
	case kind < 92 && r.issues.last > 0:
		return event{Type: "IssueCommentEvent", Actor: eventActor{many}, Payload: eventPayload{Action: "created", Issue: &eventThread{Number: uint32(1 + draw(8)%uint64(r.issues.last))}}}
	}
	return event{Type: "PushEvent", Actor: eventActor{few}}
}

// step opens a thread, closes one that is open, or opens one again.
func (t *threads) step(draw uint64) (action string, number uint32) {
	move := func(from, to *[]uint32) uint32 {
		i := int(draw / 100 % uint64(len(*from)))
		n := (*from)[i]
		*from, *to = slices.Delete(*from, i, i+1), append(*to, n)
		return n
	}
	switch kind := draw % 100; {
	case kind < 42 && len(t.open) > 0:
		return "closed", move(&t.open, &t.closed)
	case kind < 46 && len(t.closed) > 0:
		return "reopened", move(&t.closed, &t.open)
	}
	t.last++
	t.open = append(t.open, t.last)
	return "opened", t.last
}

// writeLines writes a gzipped file of JSON, an event on each line.
func writeLines(path string, events []event) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffered := bufio.NewWriter(f)
	z := gzip.NewWriter(buffered)
	encoder := json.NewEncoder(z)
	for _, e := range events {
		if err := encoder.Encode(e); err != nil {
			return err
		}
	}
	return errors.Join(z.Close(), buffered.Flush())
}
