package csi

import (
	_ "embed"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubedyno/kubedyno/kwok/stages"
)

// A Preset is a kind of storage by name.
type Preset struct {
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Provision   *Spread  `json:"provision,omitempty"`
	Delete      *Spread  `json:"delete,omitempty"`
	Attach      *Spread  `json:"attach,omitempty"`
	Detach      *Spread  `json:"detach,omitempty"`
	Resize      *Spread  `json:"resize,omitempty"`
	Parallelism int      `json:"parallelism"`
	Rate        float64  `json:"rate,omitempty"`
	Burst       int      `json:"burst,omitempty"`
	Topology    Topology `json:"topology"`
	Expansion   bool     `json:"expansion,omitempty"`
	Date        string   `json:"date"`    // When the source said it, or when it was looked at.
	Source      string   `json:"source"`  // Where the figures are from.
	Assumed     string   `json:"assumed"` // Which of them are assumptions.
}

// A Spread is a lognormal distribution.
type Spread struct {
	Median metav1.Duration `json:"median"`
	P99    metav1.Duration `json:"p99"`
}

// Latency returns the distribution; no delay for a nil one.
func (s *Spread) Latency() (stages.Latency, error) {
	if s == nil {
		return stages.Latency{}, nil
	}
	return stages.Lognormal(s.Median.Duration, s.P99.Duration)
}

// String gives the median and the p99; a dash for no delay.
func (s *Spread) String() string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%s, %s", short(s.Median.Duration), short(s.P99.Duration))
}

func short(d time.Duration) string { return fmt.Sprintf("%gs", d.Seconds()) }

//go:embed presets.yaml
var presets []byte

// Presets returns the kinds of storage in the order of their names. An error is a bug in the data.
func Presets() ([]Preset, error) { return parsePresets(presets) }

func parsePresets(text []byte) ([]Preset, error) {
	var all []Preset
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		return nil, fmt.Errorf("read the kinds of storage: %w", err)
	}
	for _, p := range all {
		if p.Source == "" || p.Date == "" || p.Assumed == "" {
			return nil, fmt.Errorf("storage %s: it has no source, no date, or does not say what is assumed", p.Name)
		}
		if _, err := p.Class(p.Name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Class returns the StorageClass of that name that a preset stands for.
func (p Preset) Class(name string) (Class, error) {
	c := Class{Name: name, Delays: map[Operation]stages.Latency{}, Parallelism: p.Parallelism, Rate: p.Rate, Burst: p.Burst,
		Topology: p.Topology, Expansion: p.Expansion}
	for o, spread := range map[Operation]*Spread{Provision: p.Provision, Delete: p.Delete, Attach: p.Attach, Detach: p.Detach, Resize: p.Resize} {
		latency, err := spread.Latency()
		if err != nil {
			return Class{}, fmt.Errorf("storage %s: %s: %w", p.Name, o, err)
		}
		c.Delays[o] = latency
	}
	return c, c.Check()
}
