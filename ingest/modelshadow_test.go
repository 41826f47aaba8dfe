package ingest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/shadow"
	"clickql/internal/ddl"
)

// promoteSteps are those that a promotion passes.
var promoteSteps = []Step{StepLocked, StepRecovered, StepNextBuilt, StepStepsWritten, StepPublishing, StepSwapped, StepAllMoved, StepDone, StepStageDropped}

// again is the model's shadow.
func (m *trial) again(in *Ingest) *shadow.Shadow {
	sh, err := in.Shadow("again")
	if err != nil {
		m.t.Fatal(err)
	}
	return sh
}

// shadowRun loads into the shadow.
func (m *trial) shadowRun() {
	patterns, named := m.drawSources()
	if m.live.halfway {
		m.notNow("what is copied may change")
	}
	if m.shadow != nil && m.shadow.promoted {
		if _, err := m.again(New(m.config())).Run(m.t.Context(), patterns...); err == nil || !strings.Contains(err.Error(), "it has been promoted") {
			m.t.Fatalf("load into a shadow that has been promoted: %v", err)
		}
		return
	}
	if m.shadow == nil {
		s := newSide("clickql_shadow_" + m.live.database + "_again")
		for _, name := range m.live.fed() {
			*s.tables[name] = tableState{exists: true, view: name != "pypi", holds: pieces{}}
		}
		m.shadow = s
	}
	m.load(m.shadow, named, func(in *Ingest) (config.Summary, error) { return m.again(in).Run(m.t.Context(), patterns...) })
}

// promote puts the shadow in the live tables' place.
func (m *trial) promote() {
	if m.shadow == nil && rapid.IntRange(0, 3).Draw(m.t, "all the same") < 3 {
		m.notNow("there is no shadow")
	}
	before, fewer := m.published(m.live), rapid.Bool().Draw(m.t, "fewer days")
	refusals := m.refusePromotion(fewer)
	m.t.Logf("promote, fewer days %v: refusals %q", fewer, refusals)
	ended, err := m.do(promoteSteps, func(in *Ingest) error { return m.again(in).Promote(m.t.Context(), fewer) })
	switch {
	case ended:
		if m.shadow != nil {
			m.news(m.shadow, "", nil)
		}
		if len(m.news(m.live, "promotion", before)) > 0 {
			m.promoted()
			m.shadow.promoted = true
		}
		if m.shadow != nil && len(m.texts("SELECT name FROM system.databases WHERE name = '"+m.shadow.database+"'")) == 0 {
			m.shadow = nil
		}
		return
	case err != nil:
		m.live.halfway, m.live.settled = false, true
		if m.shadow != nil {
			m.published(m.shadow)
		}
		if !slices.ContainsFunc(refusals, func(r string) bool { return strings.Contains(err.Error(), r) }) {
			m.t.Fatalf("promotion is refused: %v\nwant %q", err, refusals)
		}
		return
	case len(refusals) > 0:
		m.t.Fatalf("promotion is not refused, and should be: %q", refusals)
	}
	m.live.halfway, m.live.settled = false, true
	if !m.shadow.promoted {
		m.promoted()
	}
	m.shadow = nil
}

// refusePromotion says why a promotion is to be refused.
func (m *trial) refusePromotion(fewer bool) (refusals []string) {
	if m.shadow == nil {
		return []string{"there is none"}
	}
	if m.shadow.promoted {
		return nil
	}
	for _, f := range m.fills {
		if f.arrivals {
			refusals = append(refusals, "a backfill of the live tables has not ended")
		}
	}
	for _, name := range m.live.fed() {
		if !m.shadow.tables[name].exists {
			refusals = append(refusals, "it lacks the table")
		}
	}
	for _, t := range modelTables() {
		live, shadow := m.live.tables[t.Name], m.shadow.tables[t.Name]
		_, known := ddl.Lookup(t.Name)
		if g := grainOf(t); fewer || !live.exists || !live.view && !known || !shadow.exists || g != count.ByDay && g != count.ByMonth {
			continue
		}
		has := folded(t, m.byDay(shadow.holds))
		for p := range folded(t, m.byDay(live.holds)) {
			if has[p] == 0 {
				refusals = append(refusals, "it has no downloads of")
			}
		}
	}
	return refusals
}

// promoted is the effect of a promotion.
func (m *trial) promoted() {
	for _, name := range m.shadow.fed() {
		*m.live.tables[name] = tableState{exists: true, view: name != "pypi", holds: maps.Clone(m.shadow.tables[name].holds)}
	}
	m.live.ledger, m.live.failed, m.live.days = maps.Clone(m.shadow.ledger), maps.Clone(m.shadow.failed), maps.Clone(m.shadow.days)
}

// discardShadow drops the shadow.
func (m *trial) discardShadow() {
	if m.shadow == nil {
		m.notNow("there is no shadow")
	}
	m.discardShadowNow()
}

// discardShadowNow drops the shadow.
func (m *trial) discardShadowNow() {
	m.t.Helper()
	ended, err := m.do([]Step{StepLocked, StepRecovered}, func(in *Ingest) error { return m.again(in).Discard(context.WithoutCancel(m.t.Context())) })
	switch {
	case ended:
		m.news(m.shadow, "", nil)
	case err != nil:
		m.t.Fatalf("discard the shadow: %v", err)
	default:
		m.shadow = nil
	}
}
