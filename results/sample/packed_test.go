package sample

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// bucketsOf is everything that a histogram holds.
func bucketsOf(h *Histogram) map[float64]int64 {
	all := map[float64]int64{}
	h.Buckets(func(seconds float64, n int64) { all[seconds] = n })
	return all
}

// samePacked checks that the two ways to read a histogram agree.
func samePacked(t interface {
	Helper()
	Fatalf(string, ...any)
}, data []byte) {
	t.Helper()
	var plain, added Histogram
	var packed Packed
	plainErr, packedErr := json.Unmarshal(data, &plain), json.Unmarshal(data, &packed)
	if (plainErr == nil) != (packedErr == nil) {
		t.Fatalf("%s is read plainly with %v and packed with %v", data, plainErr, packedErr)
	}
	if plainErr != nil {
		return
	}
	added.Add(packed)
	if packed.Count() != plain.Count() || added.Count() != plain.Count() {
		t.Fatalf("%d are packed and %d added of %d", packed.Count(), added.Count(), plain.Count())
	}
	if diff := cmp.Diff(bucketsOf(&plain), bucketsOf(&added)); diff != "" {
		t.Fatalf("buckets (-plain +packed): %s", diff)
	}
	inPlace := map[float64]int64{}
	packed.Buckets(func(seconds float64, n int64) { inPlace[seconds] = n })
	if diff := cmp.Diff(bucketsOf(&plain), inPlace); diff != "" {
		t.Fatalf("buckets (-plain +of the packed itself): %s", diff)
	}
	if packed.Min() != added.Min() && packed.Count() > 0 {
		t.Fatalf("the shortest is %v packed, %v plain", packed.Min(), added.Min())
	}
}

func TestPackedIsTheHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h Histogram
		for _, micros := range rapid.SliceOfN(rapid.Int64Range(0, 4e9), 0, 50).Draw(t, "micros") {
			h.RecordMany(time.Duration(micros)*time.Microsecond, rapid.Int64Range(1, 1<<30).Draw(t, "n"))
		}
		data, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		samePacked(t, data)
	})
}

func TestTooManyAreRefused(t *testing.T) {
	var h Histogram
	h.RecordMany(time.Second, maxCount+1)
	data, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var packed Packed
	if json.Unmarshal(data, &packed) == nil || json.Unmarshal(data, &h) == nil {
		t.Errorf("%d values were read, and a sum of such histograms overflows", packed.Count())
	}
}

func FuzzPacked(f *testing.F) {
	var h Histogram
	h.Record(time.Millisecond)
	h.RecordMany(time.Hour, 12345)
	data, err := json.Marshal(h)
	if err != nil {
		f.Fatal(err)
	}
	text, err := strconv.Unquote(string(data))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		if err != nil {
			return
		}
		var packed Packed
		if json.Unmarshal(quoted, &packed) == nil {
			samePacked(t, quoted)
		}
	})
}
