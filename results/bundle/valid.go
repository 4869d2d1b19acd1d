package bundle

import (
	"errors"
	"fmt"
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Limits of what a record may say; what is beyond them was never measured, and sums of it would
// not be numbers any more.
const (
	maxValue      = 1e24    // Of a point or a sum, in its metric's unit.
	maxBucketed   = 1 << 48 // Things in a bucket.
	maxBuckets    = 10_000  // Buckets of a server's histogram.
	maxStartDelay = 1e9     // Seconds that the simulator was told to wait.
)

// valid returns why a record cannot be true; nil if it can.
func valid(record any) error {
	switch r := record.(type) {
	case *sample.Point:
		return validValue(r.Value)
	case *sample.Buckets:
		return validBuckets(r)
	case *sample.Window:
		if r.To < r.From {
			return errors.New("the window ends before it begins")
		}
	case *sample.PackedWindow:
		if r.To < r.From {
			return errors.New("the window ends before it begins")
		}
	case *sample.Pod:
		if c := r.ConfiguredStartSeconds; c != nil && (*c < 0 || *c > maxStartDelay) {
			return fmt.Errorf("configuredStart %v is out of range", *c)
		}
	}
	return nil
}

func validValue(v float64) error {
	if math.Abs(v) > maxValue {
		return fmt.Errorf("the value %v is out of range", v)
	}
	return nil
}

func validBuckets(b *sample.Buckets) error {
	if b.To < b.From {
		return errors.New("the stretch ends before it begins")
	}
	if len(b.Counts) > maxBuckets {
		return fmt.Errorf("%d buckets are too many", len(b.Counts))
	}
	for i, bound := range b.Bounds {
		if err := validValue(bound); err != nil {
			return err
		}
		if i > 0 && bound <= b.Bounds[i-1] {
			return errors.New("the bounds of its buckets do not ascend")
		}
	}
	for _, n := range b.Counts {
		if n > maxBucketed {
			return fmt.Errorf("the count %d is out of range", n)
		}
	}
	return validValue(b.Sum)
}
