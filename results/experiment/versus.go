package experiment

// A Versus says that the two variants of an experiment are the sides of a comparison, the first
// its base, and how they are compared.
type Versus struct {
	Base      string   `json:"base"`              // What was run as the base, in words.
	Variant   string   `json:"variant"`           // What was run as the variant, in words.
	Alpha     float64  `json:"alpha"`             // The accepted chance of a false alarm, above 0 and below 1.
	MinEffect float64  `json:"minEffect"`         // The least relative difference that counts: 0.05 for 5%.
	Metrics   []string `json:"metrics,omitempty"` // Metrics that decide beside the objectives.
}

// Comparable reports whether both sides have a run that counts.
func (e *Experiment) Comparable() bool {
	return e.Versus != nil && e.Variants[0].Ended > 0 && e.Variants[1].Ended > 0
}
