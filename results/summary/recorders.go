package summary

import (
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// recorders keep whole step series by a key, where the thinned tracks would move the edges.
type recorders map[string]*series.Recorder

// add takes a point and returns whether its series has become too long, so that its end is missing.
func (r *recorders) add(k string, p sample.Point) (full bool) {
	if *r == nil {
		*r = recorders{}
	}
	if (*r)[k] == nil {
		(*r)[k] = &series.Recorder{}
	}
	(*r)[k].Add(p.At, p.Value)
	return (*r)[k].Full()
}

// steps returns a series as it was recorded; nil if it was not.
func (r recorders) steps(k string) series.Steps {
	if recorder := r[k]; recorder != nil {
		return recorder.Steps()
	}
	return nil
}
