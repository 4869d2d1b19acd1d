package compare

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"testing"
)

// alikeFolder is the variable that names what TestAlike evaluates: the folder of an experiment
// whose trials are repetitions of one scenario, as 'make bench-compare' makes it.
const alikeFolder = "KUBEDYNO_ALIKE"

// The bounds of TestAlike.
const (
	leastAlike = 8    // Runs, so that both halves have what one figure takes.
	mostSplits = 1000 // Splits that are tried; all of them if there are no more, as of 12 runs.
)

// TestAlike states how often the comparison raises an alarm where nothing has changed: real runs of
// one scenario are split into two halves, over and over, and each split is compared. It holds the
// whole of the procedure, with the correction for many figures that rise and fall together, to
// the rate of false alarms that it promises. What it cannot see is a drift of the machine between
// the sides, which taking turns is for.
func TestAlike(t *testing.T) {
	folder := os.Getenv(alikeFolder)
	if folder == "" {
		t.Skipf("evaluates real runs: 'make bench-compare' makes them and names their folder in $%s", alikeFolder)
	}
	runs, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	for i := range runs {
		if runs[i].LeftOut != "" {
			t.Fatalf("%s has no part: %s", runs[i].Name, runs[i].LeftOut)
		}
		runs[i].Detail = nil // Curves decide nothing.
	}
	if len(runs) < leastAlike {
		t.Fatalf("%s has %d runs, fewer than the %d it takes", folder, len(runs), leastAlike)
	}
	for _, options := range []Options{{Alpha: 0.05, MinEffect: 0.05}, {Alpha: 0.05}} {
		splits := splitsOf(len(runs), mostSplits)
		alarms, called, figures := falseAlarms(t, runs, splits, options)
		rate := float64(alarms) / float64(len(splits))
		t.Logf("%d runs of %s in %d splits of %d and %d, %d figures, alpha %v, least effect %v: %d splits with a false alarm, %.1f%%; %d of %d figures called changed",
			len(runs), runs[0].Manifest.Scenario, len(splits), len(runs)/2, len(runs)-len(runs)/2, figures, options.Alpha,
			options.MinEffect, alarms, 100*rate, called, len(splits)*figures)
		if most := options.Alpha + twoErrors(options.Alpha, len(splits)); rate > most {
			t.Errorf("%.1f%% of the splits raise a false alarm, more than %.1f%%: the %.0f%% accepted and two standard errors",
				100*rate, 100*most, 100*options.Alpha)
		}
	}
}

// twoErrors is twice the standard error of a rate seen in n draws.
func twoErrors(rate float64, n int) float64 { return 2 * math.Sqrt(rate*(1-rate)/float64(n)) }

// falseAlarms compares both halves of every split and returns how many splits have a deciding
// figure that is called changed, in whatever direction; how many such figures there are in all
// splits together; and how many figures decide.
func falseAlarms(t *testing.T, runs []Run, splits []uint, options Options) (alarms, called, figures int) {
	t.Helper()
	for _, split := range splits {
		var halves [2][]Run
		for i, run := range runs {
			side := split >> i & 1
			halves[side] = append(halves[side], run)
		}
		c := compared(t, halves[1], halves[0], options)
		figures = len(c.Deciding)
		if c.Count(TooFewRuns) == figures {
			t.Fatalf("no figure could raise an alarm: %s", c.Sentence)
		}
		n := c.Count(Regressed) + c.Count(Improved) + c.Count(Changed)
		called += n
		if n > 0 {
			alarms++
		}
	}
	return alarms, called, figures
}

// splitsOf returns the ways to choose half of n things, as bits, or most of them drawn at random.
func splitsOf(n, most int) []uint {
	var all []uint
	for split := range uint(1) << n {
		if bits.OnesCount(split) == n/2 {
			all = append(all, split)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(len(all), most)]
}

// TestFalseAlarmsAreCounted shows that the evaluation sees an alarm: of runs of which half are far
// above the others the split that separates them is one, in either direction.
func TestFalseAlarmsAreCounted(t *testing.T) {
	runs := runsOf("run", 1.00, 1.01, 1.02, 1.03, 2.00, 2.01, 2.02, 2.03)
	splits := splitsOf(len(runs), mostSplits)
	if len(splits) != 70 {
		t.Fatalf("%d splits, want 70", len(splits))
	}
	if alarms, called, figures := falseAlarms(t, runs, splits, usual()); alarms != 2 || called != 2 || figures != 1 {
		t.Errorf("%d alarms, %d figures called changed, %d that decide; want 2, 2, 1", alarms, called, figures)
	}
}
