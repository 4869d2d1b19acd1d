package volumes

import "github.com/kubedyno/kubedyno/results/sample"

// The operations of a driver that can fail.
const (
	attaching = "attach"
	detaching = "detach"
)

// Attachment takes an attachment that is new or has changed.
func (l *Ledger) Attachment(seen Attachment, now Moment) {
	a, known := l.attachments[seen.UID]
	if !known {
		a = &attachment{phase: l.options.Phase(), seen: now, errors: map[string]int{}}
		l.attachments[seen.UID] = a
		l.volume(seen.Volume).on[seen.Node] = a
	}
	if seen.AttachError != "" && seen.AttachError != a.AttachError {
		a.errors[attaching]++
	}
	if seen.DetachError != "" && seen.DetachError != a.DetachError {
		a.errors[detaching]++
	}
	a.Attachment = seen
	a.attached.first(now, seen.Attached)
	if seen.Deleting && !a.deleting.seen() {
		a.deleting, a.deletingPhase = now, l.options.Phase()
	}
	l.settleAttachment(a)
}

// AttachmentGone takes the end of an attachment. One that is not known to be of the run by then is not
// counted.
func (l *Ledger) AttachmentGone(uid string, now Moment) {
	a := l.attachments[uid]
	if a == nil {
		return
	}
	delete(l.attachments, uid)
	c, own := l.owner(a)
	if !own {
		if on := l.volumes[a.Volume].on; on[a.Node] == a {
			delete(on, a.Node)
		}
		l.forget(a.Volume)
		return
	}
	l.censorAttach(a, now.At)
	switch {
	case !a.deleting.seen() && !now.Late:
		a.deleting, a.deletingPhase = now, l.options.Phase() // It went at once.
		fallthrough
	case a.deleting.seen() && !a.deleting.before():
		l.took(seriesKey{metric: sample.VolumeDetach, first: c.Class, phase: a.deletingPhase}, a.deleting, now)
	case a.deleting.seen(): // It was being deleted before the watch began.
	default: // Both its beginning and its end were missed: it took the time of the gap at most.
		l.took(seriesKey{metric: sample.VolumeDetach, first: c.Class, phase: l.options.Phase()}, now, now)
	}
	l.forget(a.Volume)
}

// owner returns the claim that has an attachment's volume; false if that is not known to be of the run.
func (l *Ledger) owner(a *attachment) (*claim, bool) {
	v := l.volumes[a.Volume]
	if v == nil || v.claim == nil || !v.claim.Own {
		return nil, false
	}
	return v.claim, true
}

// settleAttachment records what is known of an attachment once it is known to be the run's.
func (l *Ledger) settleAttachment(a *attachment) {
	c, own := l.owner(a)
	if !own {
		return
	}
	l.attaches[c.Class], l.drivers[a.Driver] = true, true
	for operation, n := range a.errors {
		l.errors[errorKey{c.Class, operation}] += n
	}
	clear(a.errors)
	if a.attached.seen() && !a.counted {
		a.counted = true
		if !a.seen.before() {
			l.took(seriesKey{metric: sample.VolumeAttach, first: c.Class, phase: a.phase}, a.seen, a.attached)
		}
	}
}

// censorAttach records how long an attachment that was never attached has waited.
func (l *Ledger) censorAttach(a *attachment, until sample.Offset) {
	c, own := l.owner(a)
	if !own || a.counted {
		return
	}
	a.counted = true
	if !a.seen.before() {
		l.took(seriesKey{metric: sample.VolumeAttach, first: c.Class, phase: a.phase, censored: true}, a.seen, Moment{At: until})
	}
}

// censorDetach records how long an attachment that has not gone has been on its way.
func (l *Ledger) censorDetach(a *attachment, until sample.Offset) {
	if c, own := l.owner(a); own && a.deleting.seen() && !a.deleting.before() {
		l.took(seriesKey{metric: sample.VolumeDetach, first: c.Class, phase: a.deletingPhase, censored: true}, a.deleting, Moment{At: until})
	}
}
