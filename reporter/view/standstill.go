package view

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// maxStandstills is how many sentences on standstills the key figures have.
const maxStandstills = 4

// standstillTables says what rollouts and drains waited for; none if nothing stood still.
func (b *builder) standstillTables() []Table {
	table := Table{ID: "rollouts-standstills", Caption: "What stood still, and what would avoid it",
		Columns: []Column{{Name: "What"}, {Name: "Phase"}, {"From", true}, {"Until", true}, {Name: "What it waited for"}, {Name: "What would avoid it"}}}
	for _, s := range b.summary.Standstills {
		table.Rows = append(table.Rows, []string{standing(s), s.Phase, elapsed(s.From), elapsed(s.To), s.Waited, orDash(s.Avoid)})
	}
	if len(table.Rows) == 0 {
		return nil
	}
	return []Table{table}
}

// standing names the workload or the drained pool.
func standing(s summary.Standstill) string {
	if s.Pool != "" {
		return "drain of " + s.Pool
	}
	return s.Workload
}

// standstillFacts are the same sentences for the key figures.
func (b *builder) standstillFacts() []Fact {
	var facts []Fact
	for i, s := range b.summary.Standstills {
		if i == maxStandstills {
			facts = append(facts, Fact{"More that stood still", count(int64(len(b.summary.Standstills) - i))})
			break
		}
		words := s.Waited
		if s.Avoid != "" {
			words += " " + s.Avoid
		}
		facts = append(facts, Fact{"Stood still (" + standing(s) + ", " + s.Phase + ")", words})
	}
	for _, r := range b.summary.Rollouts {
		if r.RolledBack && !r.Unfinished {
			facts = append(facts, Fact{"Rolled back (" + r.Workload + ", " + r.Phase + ")", "in " + rolledBackIn(r)})
		}
	}
	return facts
}

// rollbackWords says that a rollout brought an earlier revision back.
func rollbackWords(r summary.Rollout) string {
	return r.Workload + " was rolled back in " + rolledBackIn(r)
}

func rolledBackIn(r summary.Rollout) string {
	return fmt.Sprintf("%s to revision %d, as revision %d", format((r.To-r.From).Seconds(), sample.Seconds), r.Restored, r.Revision)
}
