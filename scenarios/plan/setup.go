package plan

import "fmt"

// setupWords say what is assumed of the objects that loads make before they begin and remove at the end; "" if none do.
func (p *Plan) setupWords() string {
	for _, phase := range p.Phases {
		for _, step := range phase.Steps {
			l := step.Action.Load
			if l == nil {
				continue
			}
			for i, r := range l.Requests {
				if !r.Creates() && l.Objects(r, l.Rates()[i]) > 0 {
					return fmt.Sprintf(", and %d of the objects that loads make beforehand and remove afterwards, 16 at a time", AssumedSetupPerSecond)
				}
			}
		}
	}
	return ""
}
