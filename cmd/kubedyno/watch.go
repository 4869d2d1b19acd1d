package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/live"
)

// Limits of a watch. Every run records figures of itself once a second.
const (
	watchInterval = 250 * time.Millisecond
	goneAfter     = 10 * time.Second // Of silence, if the run's process does not exist on this machine.
	silentAfter   = 5 * time.Minute  // Of silence, whatever else is known.
	summaryLimit  = 5 * time.Second  // Between a run's end and its summary.
)

func newWatchCommand(a *app) *cobra.Command {
	var progress string
	command := &cobra.Command{
		Use:   "watch [RUN-FOLDER]",
		Short: "Follow a run that is going on, from another terminal",
		Long: `Shows a run that another kubedyno writes, as that one would, from the records in its folder.
Without a folder it takes the newest run in ` + runsDirectory + ` that is going on; of an experiment it
takes the trial that is. It only reads; Ctrl-C leaves the run alone. It ends with the run, or when
the run's process is gone and nothing was recorded for 10 s, or nothing for 5 min: the exit code is
then 3.`,
		Example: `  kubedyno watch
  kubedyno watch results/runs/20260102-030405-quickstart
  kubedyno watch --progress json 2>events.jsonl`,
		Args: arguments(0, 1, "at most one run folder"),
		RunE: func(c *cobra.Command, given []string) error {
			if err := checkProgress(progress); err != nil {
				return err
			}
			directory, err := chooseRunning(given)
			if err != nil {
				return err
			}
			a.useProgress(progress)
			return a.watch(c.Context(), directory, progress)
		},
	}
	progressFlag(command, &progress)
	return command
}

// chooseRunning returns the run folder named, or that of the newest run that is going on.
func chooseRunning(given []string) (string, error) {
	if len(given) > 0 {
		directory, err := chooseRun(given)
		if err == nil && experiment.Is(directory) {
			return runningTrial(directory)
		}
		return directory, invalid(err)
	}
	entries, err := bundle.List(runsDirectory)
	if err != nil {
		return "", invalid(err)
	}
	experiments, err := experiment.List(runsDirectory)
	if err != nil {
		return "", invalid(err)
	}
	for _, e := range experiments {
		if trial, err := runningTrial(e.Dir); err == nil {
			if found, err := bundle.Open(trial); err == nil {
				entries = append(entries, bundle.Entry{Dir: trial, Manifest: found.Manifest})
			}
		}
	}
	var newest bundle.Entry
	for _, e := range entries {
		if e.Err == nil && goingOn(e.Manifest) && e.Manifest.Started.After(newest.Manifest.Started) {
			newest = e
		}
	}
	if newest.Dir == "" {
		return "", hinted(invalid(errors.New("no run is going on in "+runsDirectory)),
			"name a run folder; 'kubedyno report' shows the newest run that has ended")
	}
	return newest.Dir, nil
}

// goingOn reports whether a run has not ended and its process, if it is known, lives.
func goingOn(m bundle.Manifest) bool {
	return m.Status == bundle.Running && (m.PID == 0 || alive(m.PID))
}

// runningTrial returns the folder of the trial of an experiment that is going on.
func runningTrial(directory string) (string, error) {
	e, err := experiment.Open(directory)
	if err != nil {
		return "", invalid(err)
	}
	for _, t := range e.Trials {
		if t.Status == bundle.Running {
			return filepath.Join(directory, filepath.FromSlash(t.Folder)), nil
		}
	}
	return "", hinted(invalid(fmt.Errorf("no trial of %s is going on", directory)), "'kubedyno report' shows an experiment that has ended")
}

// alive reports whether a process of this machine exists, one of another user too.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release()
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// watch shows a run folder until its run ends.
func (a *app) watch(ctx context.Context, directory, progress string) error {
	found, err := bundle.Open(directory)
	if err != nil {
		return invalid(err)
	}
	known := knownOf(found.Manifest)
	follower, err := bundle.Follow(directory, live.Wanted(known))
	if err != nil {
		return invalid(err)
	}
	defer follower.Close()
	a.notices.redirect(io.Discard) // Ctrl-C stops nothing but the watching.
	now := &lastSeen{}
	view := a.show(progress, live.Options{Now: now.now, Began: found.Manifest.Started, Run: known, Next: live.Nobody{}})
	manifest, err := follow(ctx, follower, view, now)
	view.Close()
	switch {
	case errors.Is(err, errInterrupted):
		fmt.Fprintf(a.stdout, "Left %s; its run goes on.\n", directory)
		return nil
	case err != nil:
		return hinted(err, fmt.Sprintf("'kubedyno report %s' shows what was recorded", directory))
	}
	return a.farewell(ctx, directory, manifest)
}

// follow hands the records of a run over as they come, until it has ended.
func follow(ctx context.Context, follower *bundle.Follower, view sample.Sink, now *lastSeen) (bundle.Manifest, error) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		manifest, err := follower.Manifest() // First: what comes after its last change is nothing.
		if err != nil {
			return manifest, invalid(err)
		}
		n, err := follower.Read(view)
		if err != nil {
			return manifest, invalid(err)
		}
		if n > 0 {
			now.see(follower.Latest())
		}
		if ctx.Err() != nil {
			return manifest, context.Cause(ctx)
		}
		if n > 0 {
			continue
		}
		if manifest.Status != bundle.Running {
			return manifest, nil
		}
		if err := lost(manifest, time.Since(follower.Changed())); err != nil {
			return manifest, environment(err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// lost returns an error if the process that writes a run must be dead.
func lost(m bundle.Manifest, silent time.Duration) error {
	switch {
	case m.PID != 0 && silent > goneAfter && !alive(m.PID):
		return fmt.Errorf("the run was killed: its process %d is gone, and nothing was recorded for %s", m.PID, silent.Round(time.Second))
	case silent > silentAfter:
		return fmt.Errorf("the run was killed or hangs: nothing was recorded for %s", silent.Round(time.Second))
	}
	return nil
}

// farewell says how a run has ended, and its verdict once there is one.
func (a *app) farewell(ctx context.Context, directory string, m bundle.Manifest) error {
	ended := "The run has ended: " + string(m.Status)
	if m.Failure != "" {
		ended += ", " + m.Failure
	}
	fmt.Fprintln(a.stdout, ended+".")
	if sentence := awaitSentence(ctx, directory); sentence != "" {
		fmt.Fprintf(a.stdout, "%s\nreport   %s\nfigures  %s\n", sentence,
			filepath.Join(directory, bundle.ReportFile), filepath.Join(directory, bundle.SummaryFile))
		return nil
	}
	fmt.Fprintf(a.stdout, "'kubedyno report %s' summarises it.\n", directory)
	return nil
}

// awaitSentence waits for the summary of a run, which is written after its end, and returns the
// verdict in words; "" if there is none in time.
func awaitSentence(ctx context.Context, directory string) string {
	ctx, cancel := context.WithTimeout(ctx, summaryLimit)
	defer cancel()
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		var summary struct {
			Sentence string `json:"sentence"`
		}
		data, err := os.ReadFile(filepath.Join(directory, bundle.SummaryFile))
		if err == nil && json.Unmarshal(data, &summary) == nil {
			return summary.Sentence
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ""
		}
	}
}

// lastSeen is the time of a run that is written elsewhere: that of its newest record, and what
// has passed since. It needs no clock that two machines share.
type lastSeen struct {
	mutex  sync.Mutex
	latest sample.Offset
	at     time.Time
}

func (l *lastSeen) see(latest sample.Offset) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.latest, l.at = latest, time.Now()
}

func (l *lastSeen) now() sample.Offset {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.at.IsZero() {
		return 0
	}
	return l.latest + sample.Offset(time.Since(l.at))
}
