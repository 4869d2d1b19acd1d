package export

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// The elements of JUnit's XML as Jenkins, GitLab and GitHub actions read them. There is no standard;
// the closest to one is the schema of Ant's JUnit task.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"` // In seconds, like all times here.
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        string          `xml:"system-out,omitempty"` // The verdict and the doubts, a line each.
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitOutcome `xml:"failure"`
	Error   *junitOutcome `xml:"error"`
	Skipped *junitSkipped `xml:"skipped"`
}

type junitOutcome struct {
	Type    string `xml:"type,attr"` // The verdict.
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// wholeRun is the test case of a run that did not finish, or that promised nothing.
const wholeRun = "the run"

// writeJUnit writes a test suite for each run and a test case for each objective. What could not be
// judged is an error and not skipped: CI systems let skipped tests through, and nothing is green
// without data. A run that did not finish, or has no objectives, has a test case of its own for that.
// Skipped is only what the first value that did not pass has shown, where the question was how far
// the values go and the experiment has answered it.
func writeJUnit(w io.Writer, r *Results) error {
	all := junitSuites{Name: "kubedyno"}
	var total float64
	for _, one := range r.Runs {
		if r.neverMeant(one) {
			continue
		}
		suite := r.suite(one)
		all.Tests, all.Failures, all.Errors = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Errors+suite.Errors
		all.Skipped += suite.Skipped
		all.Suites = append(all.Suites, suite)
		total += duration(one)
	}
	all.Time = seconds(total)
	return all.write(w)
}

func (all junitSuites) write(w io.Writer) error {
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	return err
}

// neverMeant reports whether a trial was left out on purpose, as those are that come after the
// first value that did not pass.
func (r *Results) neverMeant(one Run) bool {
	if one.Trial == nil || one.Summary != nil || one.Manifest.Failure != "" {
		return false
	}
	bad := r.Experiment.FirstBad
	return bad != nil && one.Trial.Variant > *bad
}

func (r *Results) suite(one Run) junitSuite {
	s := junitSuite{Name: oneLine(cmp.Or(r.Scenario, "kubedyno")), Time: seconds(duration(one)), Properties: r.properties(one)}
	class := "kubedyno." + s.Name
	if one.Trial != nil {
		if label := oneLine(r.variant(one)); label != "" {
			class += "." + label
			s.Name += " " + label
		}
		s.Name += fmt.Sprintf(", trial %d of %d", one.Trial.Number, len(r.Runs))
	}
	if !one.Manifest.Started.IsZero() {
		s.Timestamp = one.Manifest.Started.UTC().Format(time.RFC3339)
	}
	if one.Summary != nil {
		for i, name := range objectiveNames(one.Summary.Objectives) {
			s.add(testCase(class, name, one.Summary.Objectives[i], one.Summary))
		}
		s.Out = verdictLines(one.Summary)
	}
	if failed := ending(one); failed != nil {
		s.add(junitCase{Class: class, Name: wholeRun, Time: seconds(duration(one)), Error: failed})
	}
	if one.Trial != nil && r.foundLimit(one.Trial.Variant) {
		s.skip()
	}
	return s
}

// foundLimit reports whether a variant is the first that did not pass of an experiment that tries
// how far the values go, and that passed.
func (r *Results) foundLimit(variant int) bool {
	e := r.Experiment
	return e != nil && e.StopAfter == experiment.AfterMiss && e.Verdict == slo.Pass && e.FirstBad != nil && variant == *e.FirstBad
}

// skip makes skipped cases of those that did not pass.
func (s *junitSuite) skip() {
	for i := range s.Cases {
		c := &s.Cases[i]
		for _, outcome := range []*junitOutcome{c.Failure, c.Error} {
			if outcome != nil {
				c.Skipped = &junitSkipped{Message: "the limit that was looked for is here: " + outcome.Type + ": " + outcome.Message}
				s.Skipped++
			}
		}
		c.Failure, c.Error = nil, nil
	}
	s.Failures, s.Errors = 0, 0
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
}

func testCase(class, name string, o summary.Objective, s *summary.Summary) junitCase {
	c := junitCase{Class: class, Name: name, Time: seconds(s.Duration.Seconds())}
	for _, phase := range s.Phases {
		if phase.Name == o.Where["phase"] {
			c.Time = seconds((phase.End - phase.Start).Seconds())
		}
	}
	switch o.Verdict {
	case slo.Pass:
	case slo.Miss:
		c.Failure = &junitOutcome{Type: string(o.Verdict), Message: missWords(o), Text: detailWords(o)}
	default:
		c.Error = &junitOutcome{Type: string(o.Verdict), Message: doubtWords(o), Text: detailWords(o)}
	}
	return c
}

// detailWords says which figure was judged.
func detailWords(o summary.Objective) string {
	text := fmt.Sprintf("%s of %s, %s", o.Statistic, o.Metric, o.LimitWords())
	if len(o.Where) > 0 {
		text += " where " + o.Where.String()
	}
	if o.Censored > 0 {
		text += fmt.Sprintf("\n%s of %s never got there.", sample.FormatCount(o.Censored), sample.FormatCount(o.N))
	}
	if o.Source != "" {
		text += "\nThe limit is from: " + o.Source
	}
	return text
}

// ending is what is to be said of the run as a whole; nil if it finished and promised something.
func ending(one Run) *junitOutcome {
	if words := failureWords(one.Manifest); words != "" {
		return &junitOutcome{Type: cmp.Or(string(one.Manifest.Status), "not run"), Message: "the run did not finish: " + words}
	}
	if one.Summary == nil || len(one.Summary.Objectives) == 0 {
		return &junitOutcome{Type: string(slo.Inconclusive), Message: "no objective was stated, so nothing was kept"}
	}
	return nil
}

func verdictLines(s *summary.Summary) string {
	text := s.Sentence + "\n"
	for _, warning := range s.Warnings {
		text += warning + "\n"
	}
	return text
}

// properties are the circumstances of a run, those that are not known left out.
func (r *Results) properties(one Run) []junitProperty {
	m := one.Manifest
	all := []junitProperty{
		{"run", m.ID}, {"scenario", m.Scenario}, {"status", string(m.Status)}, {"kubedyno", m.Tool.Version}, {"commit", m.Tool.Commit},
		{"kubernetes", m.Cluster.Kubernetes}, {"cluster", m.Cluster.Origin}, {"nodetype", one.nodeTypes()},
		{"os", m.Machine.OS}, {"arch", m.Machine.Arch}, {"cpu", m.Machine.CPUModel},
	}
	if m.Machine.CPUs > 0 {
		all = append(all, junitProperty{"cpus", fmt.Sprint(m.Machine.CPUs)})
	}
	if m.ID != "" {
		all = append(all, junitProperty{"seed", fmt.Sprint(m.Seed)})
	}
	if one.Summary != nil {
		all = append(all, junitProperty{"verdict", string(one.Summary.Verdict)})
	}
	if t := one.Trial; t != nil {
		all = append(all, junitProperty{"variant", r.variant(one)}, junitProperty{"round", fmt.Sprint(t.Round)}, junitProperty{"folder", t.Folder})
	}
	for _, name := range sorted(m.Parameters) {
		all = append(all, junitProperty{"parameter." + name, m.Parameters[name]})
	}
	for _, name := range sorted(m.Labels) {
		all = append(all, junitProperty{"label." + name, m.Labels[name]})
	}
	known := all[:0]
	for _, p := range all {
		if p.Value != "" {
			known = append(known, p)
		}
	}
	return known
}

func duration(one Run) float64 {
	if one.Summary == nil {
		return one.Manifest.Duration.Seconds()
	}
	return one.Summary.Duration.Seconds()
}

func seconds(value float64) string { return fmt.Sprintf("%.3f", value) }
