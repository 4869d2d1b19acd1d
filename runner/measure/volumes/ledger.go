// Package volumes joins what several watches show of pods, claims and attachments into how long volumes
// took: to be provisioned, attached and detached, and which of that the pods waited for.
//
// The watches are not in step with one another: an attachment may be seen before the claim that tells
// whose volume it is, and a pod Ready before its volume was seen attached. The Ledger keeps what it cannot
// place yet. It reads no clock and talks to no cluster.
package volumes

import (
	"github.com/kubedyno/kubedyno/results/sample"
)

// settle is how long after a pod is seen Ready its stages are computed, so that the other watches have
// caught up.
const settle = sample.Offset(2e9)

// noClass stands for the class of a claim that names none.
const noClass = "none"

// A Moment is when something was seen. If that was Late, in a list or after a watch was interrupted for
// long, it happened at some time after After, which is 0 if the watch had not begun.
type Moment struct {
	At, After sample.Offset
	Late      bool
}

// seen is whether there was such a moment: nothing is seen at the very start of the run's clock.
func (m Moment) seen() bool { return m.At != 0 }

// before reports that it happened before the watch began, nobody knows when.
func (m Moment) before() bool { return m.Late && m.After == 0 }

// earliest is the first moment at which it may have happened.
func (m Moment) earliest() sample.Offset {
	if m.Late {
		return m.After
	}
	return m.At
}

// first keeps the first moment at which something was seen.
func (m *Moment) first(now Moment, reached bool) {
	if reached && !m.seen() {
		*m = now
	}
}

// A Pod is what a watch shows of a pod that has volume claims.
type Pod struct {
	UID, Workload, Node   string
	Claims                []string // As namespace/name.
	Running, Ready, Ended bool
	Message               string // What the scheduler says while the pod has no node.
}

// A Claim is what a watch shows of a PersistentVolumeClaim.
type Claim struct {
	UID, Name string // The name as namespace/name.
	Class     string // Empty for none.
	Volume    string // The PersistentVolume; empty before it is bound.
	Selected  bool   // The scheduler has selected a node for it.
	Bound     bool
	Own       bool // It has the run's label. One that a pod of the run uses is the run's as well.
}

// An Attachment is what a watch shows of a VolumeAttachment.
type Attachment struct {
	UID, Volume, Node, Driver string
	Attached, Deleting        bool
	AttachError, DetachError  string // The newest error with its time; empty for none.
}

// claim is what is kept of a claim.
type claim struct {
	Claim
	phase                    string
	created, selected, bound Moment
	counted, gone            bool
}

// attachment is what is kept of one.
type attachment struct {
	Attachment
	phase                    string
	seen, attached, deleting Moment
	deletingPhase            string
	errors                   map[string]int // By operation, not yet counted.
	counted                  bool           // How long attaching took is recorded.
}

// volume is a PersistentVolume with the claim that has it, once that is known, and its newest attachment
// to each node.
type volume struct {
	claim *claim
	on    map[string]*attachment
}

// pod is what is kept of a pod.
type pod struct {
	Pod
	phase                              string
	created, scheduled, running, ready Moment
	late                               bool // One of the moments was seen late.
	written                            bool
}

// Options say where a Ledger writes to. Both are required.
type Options struct {
	Sink  sample.Sink
	Phase func() string // The phase of the run now.
}

// A Ledger keeps the books of the volumes of a run. It is not safe for concurrent use. Everything that it
// counts is recorded once: what did not get there by Close, or had gone before, is censored.
type Ledger struct {
	options     Options
	waits       map[string]bool // Whether a class waits for the first consumer.
	claims      map[string]*claim
	named       map[string]*claim // The newest claim of a name.
	used        map[string]bool   // Names of claims that pods of the run have.
	volumes     map[string]*volume
	attachments map[string]*attachment
	pods        map[string]*pod
	limits      map[string]map[string]int // By node and driver.
	classes     map[string]bool           // Of the run's claims.
	attaches    map[string]bool           // Classes of which a volume has been attached, or was to be.
	drivers     map[string]bool           // Of the run's attachments.
	errors      map[errorKey]int
	reasons     map[string]bool // That have been written.
	series      map[seriesKey]*sample.Histogram
	from        sample.Offset // When windows were last written.
	bounds      int           // Times that are upper bounds.
	omitted     int           // Pods whose stages are not known.
	closed      bool
}

type errorKey struct{ class, operation string }

// New returns a Ledger with nothing in it.
func New(options Options) *Ledger {
	return &Ledger{options: options, waits: map[string]bool{}, claims: map[string]*claim{}, named: map[string]*claim{},
		used: map[string]bool{}, volumes: map[string]*volume{}, attachments: map[string]*attachment{}, pods: map[string]*pod{},
		limits: map[string]map[string]int{}, classes: map[string]bool{}, attaches: map[string]bool{}, drivers: map[string]bool{}, errors: map[errorKey]int{},
		reasons: map[string]bool{}, series: map[seriesKey]*sample.Histogram{}}
}

// Class takes a StorageClass: whether it waits for the first consumer.
func (l *Ledger) Class(name string, waits bool) { l.waits[name] = waits }

// Limits takes how many volumes of each driver a node may have; nil if it has gone.
func (l *Ledger) Limits(node string, byDriver map[string]int) {
	if len(byDriver) == 0 {
		delete(l.limits, node)
		return
	}
	l.limits[node] = byDriver
}

// Claim takes a claim that is new or has changed.
func (l *Ledger) Claim(seen Claim, now Moment) {
	if seen.Class == "" {
		seen.Class = noClass
	}
	c, known := l.claims[seen.UID]
	if !known {
		c = &claim{phase: l.options.Phase(), created: now}
		l.claims[seen.UID] = c
		l.named[seen.Name] = c
	}
	seen.Own = seen.Own || c.Own || l.used[seen.Name]
	c.Claim = seen
	if !c.selected.seen() && seen.Selected {
		c.phase = l.options.Phase() // It is asked for only now.
	}
	c.selected.first(now, seen.Selected)
	c.bound.first(now, seen.Bound)
	if seen.Volume != "" {
		l.volume(seen.Volume).claim = c
	}
	l.settleClaim(c)
}

// ClaimGone takes the end of a claim.
func (l *Ledger) ClaimGone(uid string, now Moment) {
	c := l.claims[uid]
	if c == nil {
		return
	}
	l.censorClaim(c, now.At)
	c.gone = true
	delete(l.claims, uid)
	if l.named[c.Name] == c {
		delete(l.named, c.Name)
	}
	l.forget(c.Volume)
}

// asked is the moment at which a claim's volume was asked for: not seen if it was not.
func (l *Ledger) asked(c *claim) Moment {
	if c.selected.seen() || l.waits[c.Class] {
		return c.selected
	}
	return c.created
}

// settleClaim records how long provisioning took once it is known to be the run's.
func (l *Ledger) settleClaim(c *claim) {
	if !c.Own {
		return
	}
	l.classes[c.Class] = true
	if v := l.volumes[c.Volume]; v != nil {
		for _, a := range v.on {
			l.settleAttachment(a)
		}
	}
	asked := l.asked(c)
	if c.counted || !c.bound.seen() || !asked.seen() || asked.before() {
		return
	}
	c.counted = true
	l.took(seriesKey{metric: sample.VolumeProvision, first: c.Class, phase: c.phase}, asked, c.bound)
}

// censorClaim records how long a claim that is not Bound has waited.
func (l *Ledger) censorClaim(c *claim, until sample.Offset) {
	asked := l.asked(c)
	if !c.Own || c.counted || c.bound.seen() || !asked.seen() || asked.before() {
		return
	}
	c.counted = true
	l.took(seriesKey{metric: sample.VolumeProvision, first: c.Class, phase: c.phase, censored: true}, asked, Moment{At: until})
}

func (l *Ledger) volume(name string) *volume {
	v := l.volumes[name]
	if v == nil {
		v = &volume{on: map[string]*attachment{}}
		l.volumes[name] = v
	}
	return v
}

// forget drops a volume of which nothing is left to come.
func (l *Ledger) forget(name string) {
	v := l.volumes[name]
	if v == nil || v.claim != nil && !v.claim.gone {
		return
	}
	for _, a := range v.on {
		if l.attachments[a.UID] == a {
			return
		}
	}
	delete(l.volumes, name)
}
