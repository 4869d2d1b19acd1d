package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/live"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// progressHelp describes --progress.
const progressHelp = `Progress goes to standard error, the result to standard output. On a terminal --progress auto
is a live block of at most 12 lines; where there is none, in CI ($CI) and with TERM=dumb it is a
line for each event and a heartbeat every 30 s. --progress json writes one object a line: time
(RFC 3339), kind, phase, step, message, fields; the kind "note" is a line of kubedyno's own.
NO_COLOR turns colours off.`

func progressFlag(command *cobra.Command, progress *string) {
	command.Flags().StringVar(progress, "progress", "auto", "what to show while running: auto, live, lines, json or none")
}

func checkProgress(progress string) error {
	switch progress {
	case "auto", "live", "lines", "json", "none":
		return nil
	}
	return invalid(fmt.Errorf("--progress %q: must be auto, live, lines, json or none", progress))
}

// useProgress makes every line of standard error a JSON object if progress is to be JSON.
func (a *app) useProgress(progress string) {
	if progress != "json" {
		return
	}
	a.events = a.stderr
	a.stderr = live.NewNotes(a.events)
	a.notices.become(a.stderr)
}

// view returns the sink of the run's records: the next one, behind what the user sees.
func (r *run) view(clock sample.Clock, next sample.Sink) progressView {
	known := live.Run{Objectives: r.plan.Objectives, CPUs: machine().CPUs}
	for _, p := range r.plan.Phases {
		known.Phases = append(known.Phases, live.Phase{Name: p.Name, Expected: p.Expected})
	}
	return r.show(r.flags.progress, live.Options{Now: clock.Now, Began: clock.Start(), Run: known, Next: next})
}

// knownOf is what the manifest of a run tells its live view.
func knownOf(m bundle.Manifest) live.Run {
	known := live.Run{Objectives: m.Objectives, CPUs: m.Machine.CPUs}
	for _, p := range m.Phases {
		known.Phases = append(known.Phases, live.Phase{Name: p.Name, Expected: time.Duration(p.Expected)})
	}
	return known
}

// show starts the live view that --progress asks for, on standard error.
func (a *app) show(progress string, options live.Options) progressView {
	options.Out, options.Mode = a.stderr, live.Lines
	switch {
	case progress == "none":
		return silence{options.Next, a.stderr}
	case progress == "json":
		options.Out, options.Mode = a.events, live.JSON
	case progress == "live" || progress == "auto" && a.terminal(a.stderr):
		options.Mode, options.Color = live.Block, a.color(a.stderr)
		options.Size = func() (int, int) { return screen(a.stderr) }
	}
	return live.Start(options)
}

// progressView is a sink that shows what passes through it, and lines of text among it.
type progressView interface {
	sample.Sink
	io.Writer
	Close()
}

// silence is a view that shows nothing of the run.
type silence struct {
	sample.Sink
	io.Writer
}

func (silence) Close() {}

// introduce says what is about to happen; for trials that was said of the first.
func (r *run) introduce() {
	if r.alone && r.flags.progress != "none" {
		fmt.Fprintln(r.stderr, r.introduction(r.plan.Name, r.plan))
	}
}

// introduction is a plan in few lines, or in one for programs.
func (a *app) introduction(lead string, p *plan.Plan) string {
	return a.lines(lead + " has " + strings.Join(p.Brief(), "; ") + ".")
}

// lines breaks a sentence into lines, but for programs.
func (a *app) lines(words string) string {
	if a.events != nil {
		return words
	}
	return strings.Join(text.Wrap(words, text.DefaultWidth-2), "\n  ")
}

// sayExit ends a result with the exit code in words.
func (a *app) sayExit(output string, err error) {
	a.sayCode(output, err, exitcode.Words(exitcode.Of(err)))
}

// sayCode ends a result with the exit code in words of one's own.
func (a *app) sayCode(output string, err error, words string) {
	if output == "text" {
		fmt.Fprintf(a.stdout, "exit code %d: %s\n", exitcode.Of(err), words)
	}
}

// screen returns the columns and rows of a terminal; 80 and 24 for what is none.
func screen(stream io.Writer) (columns, rows int) {
	if file, ok := stream.(*os.File); ok {
		if columns, rows, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 && rows > 0 {
			return columns, rows
		}
	}
	return 80, 24
}

// notices takes lines that may come at any time, such as what a signal has caused, and hands
// them to whoever draws on the terminal at the moment.
type notices struct {
	mutex     sync.Mutex
	base, now io.Writer
}

func newNotices(base io.Writer) *notices { return &notices{base: base, now: base} }

// Write hands text over.
func (n *notices) Write(text []byte) (int, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.now.Write(text)
}

// direct returns the writer that nobody draws over, for the very last words.
func (n *notices) direct() io.Writer {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.base
}

// become replaces the writer that nobody draws over.
func (n *notices) become(base io.Writer) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.base, n.now = base, base
}

// redirect hands text to another writer until restore is called.
func (n *notices) redirect(to io.Writer) (restore func()) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.now = to
	return func() {
		n.mutex.Lock()
		defer n.mutex.Unlock()
		n.now = n.base
	}
}
