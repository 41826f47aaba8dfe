package sample

import (
	"fmt"
	"math"
)

// tailProjects invents count projects that come after known ones: each less
// downloaded than the one before, along the curve of the real ranking.
func tailProjects(count int, known []project) []project {
	list := make([]project, 0, count)
	used := make(map[string]bool, count+len(known))
	for _, p := range known {
		used[p.key] = true
	}
	for i := range count {
		id := uint64(i)
		name := tailName(id)
		for try := uint64(1); used[normalise(name)]; try++ {
			name = fmt.Sprintf("%s%d", tailName(hash(id, try)), 2+try)
		}
		used[normalise(name)] = true
		list = append(list, tailProject(name, id, tailWeight(len(known)+i+1, len(known))))
	}
	return list
}

// tailProject is one invented project; what it is depends on its number alone.
func tailProject(name string, id uint64, weight float64) project {
	draw := func(k uint64) uint64 { return hash(forTail, id, k) }
	since := earliest() - 150 + day(unit(forTail, id, 1)*4400)
	p := project{
		name: name, key: normalise(name), weight: weight,
		kind:     kind("pppppppuuuunnaas"[draw(2)%16]),
		audience: audience(draw(3) % uint64(windows)),
		since:    since,
		cadence:  1 + 9*unit(forTail, id, 4),
		versions: fmt.Sprintf("0.1..%d.%d", draw(5)%4, 1+draw(6)%12),
		repo:     fmt.Sprintf("%s/%s", tailOwner(draw(7)), name),
		license:  []string{"MIT", "MIT", "Apache-2.0", "BSD-3-Clause"}[draw(8)%4],
		summary:  tailSummary(draw(9)),
	}
	if draw(10)%3 == 0 {
		p.last = since + day(30+unit(forTail, id, 11)*2000)
	}
	popular := []string{"requests>=2.28", "numpy>=1.24", "click>=8.0", "pydantic>=2", "PyYAML>=6.0", "pandas>=2.0",
		"rich>=13.0 ; extra == \"cli\"", "httpx>=0.24", "attrs>=22.2", "typing-extensions>=4.5 ; python_version < \"3.11\""}
	for k := range draw(12) % 4 {
		p.requires = append(p.requires, popular[(draw(13)+3*k)%uint64(len(popular))])
	}
	return p
}

// tailWeight is the number of downloads at a rank, in the unit of the roster:
// straight lines between points of the real ranking on logarithmic scales.
func tailWeight(rank, known int) float64 {
	points := [][2]float64{{1, 1880}, {100, 303}, {350, 70}, {500, 47}, {1000, 16.8}, {5000, 0.8}, {15000, 0.057}, {100000, 0.0006}}
	r := math.Log(math.Max(float64(rank), float64(known)))
	for i := 1; i < len(points); i++ {
		x0, x1 := math.Log(points[i-1][0]), math.Log(points[i][0])
		if r <= x1 || i == len(points)-1 {
			y0, y1 := math.Log(points[i-1][1]), math.Log(points[i][1])
			return math.Exp(y0 + (y1-y0)*(r-x0)/(x1-x0))
		}
	}
	return 0
}

func tailName(id uint64) string {
	heads := []string{"async", "data", "fast", "flask", "django", "py", "simple", "cloud", "open", "geo", "micro", "auto", "json", "sql",
		"graph", "text", "quant", "bio", "image", "cli", "log", "task", "test", "typed", "stream", "kube", "mini", "deep", "lazy", "event",
		"config", "schema", "vector", "time", "edge", "audio", "plot", "secure", "queue", "proto"}
	tails := []string{"kit", "tools", "utils", "client", "sdk", "parser", "flow", "bridge", "store", "cache", "hub", "lint", "runner", "sync",
		"models", "metrics", "loader", "forge", "pipe", "mapper", "watch", "engine", "core", "db", "router", "docs", "auth", "lab", "shell",
		"index", "grid", "mesh", "fmt", "crawler", "server", "types", "build", "works", "base", "guard"}
	joints := []string{"-", "-", "", "_"}
	h := hash(forTail, id, 20)
	return heads[h%40] + joints[h>>8%4] + tails[h>>16%40]
}

func tailOwner(h uint64) string {
	a := []string{"north", "blue", "river", "paper", "silver", "green", "quiet", "stone", "bright", "open"}
	b := []string{"labs", "works", "soft", "code", "data", "systems", "dev", "studio", "tools", "byte"}
	return a[h%10] + b[h>>8%10]
}

func tailSummary(h uint64) string {
	what := []string{"A small library for", "Utilities for", "Typed helpers for", "A command line tool for", "Asynchronous client for",
		"Plugins for", "Bindings for", "Opinionated defaults for"}
	object := []string{"reading configuration", "working with time series", "REST services", "spreadsheets and tables", "image pipelines",
		"message queues", "geographic data", "log files", "database migrations", "machine learning experiments", "test fixtures", "static sites"}
	return what[h%8] + " " + object[h>>8%12]
}
