package audit

import "github.com/kubedyno/kubedyno/results/sample"

// A balance is what the machine and the processes of the run had used together at a moment.
type balance struct {
	at         sample.Offset
	busy, own  float64 // CPU seconds.
	processes  int     // Tells sets of processes apart: the sum of their numbers.
	comparable bool
}

// sampleOthers records how many cores neither kubedyno nor a component used: who waits for the CPU
// because of others looks slow.
func (a *Audit) sampleOthers() {
	busy, ok := readMachine()
	if !ok {
		return
	}
	now := balance{at: a.options.Clock.Now(), busy: busy, comparable: true}
	for _, t := range a.tracks {
		now.own += t.last.cpuSeconds
		now.processes += t.pid
	}
	last, elapsed := a.balance, now.at-a.balance.at
	if last.comparable && elapsed < sample.Offset(Interval/2) {
		return
	}
	a.balance = now
	if last.comparable && last.processes == now.processes {
		cores := (now.busy - last.busy - (now.own - last.own)) / elapsed.Seconds()
		a.point(now.at, sample.MachineOthers, "", max(cores, 0)) // CPU time has steps of 10 ms.
	}
}
