package audit

import (
	"os/exec"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// What a process uses is others' until it is one of the run's. The machine may do anything else
// meanwhile, so the bounds are what it used in all.
func TestOthersAreWhoIsNotOfTheRun(t *testing.T) {
	const steps = 0.1 // s, of CPU time that is read at slightly different moments, in steps of 10 ms.
	for name, ours := range map[string]bool{"a stranger": false, "a component": true} {
		t.Run(name, func(t *testing.T) {
			busy := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
			if err := busy.Start(); err != nil {
				t.Skipf("no shell to keep busy: %v", err)
			}
			defer func() { _ = busy.Process.Kill(); _ = busy.Wait() }()
			options := Options{Clock: sample.StartClock(), Sink: &recorder{}}
			if ours {
				options.Processes = func() []Process { return []Process{{"busy", busy.Process.Pid}} }
			}
			used := func() (machine, process float64) {
				machine, _ = readMachine()
				u, err := readProcess(busy.Process.Pid)
				if err != nil {
					t.Fatal(err)
				}
				return machine, u.cpuSeconds
			}
			a := Start(t.Context(), options)
			machineBefore, processBefore := used()
			time.Sleep(3 * Interval)
			machineAfter, processAfter := used()
			a.Close()
			var others float64
			last := sample.Offset(0)
			for _, p := range options.Sink.(*recorder).points {
				if p.Metric == sample.MachineOthers {
					others += p.Value * (p.At - last).Seconds()
					last = p.At
				}
			}
			process := processAfter - processBefore
			if !ours && others < process*0.6-steps {
				t.Errorf("others used %.2f s, the busy process alone used %.2f s", others, process)
			}
			if most := machineAfter - machineBefore - process; ours && others > most*1.5+5*steps {
				t.Errorf("others used %.2f s, all but the busy process used %.2f s", others, most)
			}
		})
	}
}
