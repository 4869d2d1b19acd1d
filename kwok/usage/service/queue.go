package service

import "time"

// maxSlices is into how many responses a parcel is cut at most, so that its times are known to a
// hundredth of what they span.
const maxSlices = 100

// A parcel is work that arrived evenly between two moments.
type parcel struct {
	from, to time.Duration
	units    Units
}

// A queue is what waits, first in, first out. It has at most two parcels for every step, and
// none without work in it.
type queue struct {
	parcels []parcel
	units   Units
}

// arrive lets offered units come evenly between two moments. Those that are lost come after the
// queue is full; from then on as many get in as are served, evenly too.
func (q *queue) arrive(from, to time.Duration, offered, lost, capacity Units) {
	if lost == 0 {
		q.add(from, to, offered)
		return
	}
	// In the whole step, offered - capacity more wait than before; lost of them find no room.
	grow := float64(offered - capacity)
	full := from
	if grow > 0 {
		full = from + time.Duration((1-float64(lost)/grow)*float64(to-from))
	}
	full = min(max(full, from), to)
	taken := offered - lost
	late := Units(0)
	if to > from {
		late = min(taken, Units(float64(capacity)*float64(to-full)/float64(to-from)))
	}
	q.add(from, full, taken-late)
	q.add(full, to, late)
}

func (q *queue) add(from, to time.Duration, units Units) {
	if units > 0 {
		q.parcels = append(q.parcels, parcel{from, to, units})
		q.units += units
	}
}

// serve takes units from the head, which leave between two moments at a rate of capacity a step,
// and returns how long they waited. Work that comes when the queue is empty does not wait.
func (q *queue) serve(from, to time.Duration, units, capacity Units) []Response {
	var all []Response
	left := func(gone Units) time.Duration { // When the last of so many units leaves.
		return from + time.Duration(float64(gone)/float64(capacity)*float64(to-from))
	}
	gone := Units(0)
	done := 0
	for gone < units {
		p := &q.parcels[done]
		part := min(p.units, units-gone)
		middle := p.from + time.Duration(float64(part)/float64(p.units)*float64(p.to-p.from))
		all = append(all, slice(part, left(gone)-p.from, left(gone+part)-middle)...)
		gone += part
		p.units -= part
		p.from = middle
		if p.units == 0 {
			done++
		}
	}
	q.parcels = q.parcels[done:]
	q.units -= gone
	return all
}

// slice cuts units whose times change evenly from the first to the last into parts of one time
// each, which is not negative.
func slice(units Units, first, last time.Duration) []Response {
	n := Units(1)
	if first != last {
		n = min(max(units/unit, 1), maxSlices)
	}
	all := make([]Response, 0, n)
	for i := range n {
		share := units*(i+1)/n - units*i/n
		at := (float64(i) + 0.5) / float64(n)
		all = append(all, Response{share, max(0, first+time.Duration(at*float64(last-first)))})
	}
	return all
}
