package sample

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestFormat(t *testing.T) {
	tests := []struct {
		value float64
		unit  Unit
		want  string
	}{
		{1.42, Seconds, "1.42 s"},
		{1.4249, Seconds, "1.42 s"},
		{5, Seconds, "5 s"},
		{5.001215, Seconds, "5 s"},
		{0.85, Seconds, "850 ms"},
		{0.9996, Seconds, "1 s"},
		{0.0009996, Seconds, "1 ms"},
		{0.00012345, Seconds, "123 µs"},
		{0, Seconds, "0 s"},
		{-0.25, Seconds, "-250 ms"},
		{599, Seconds, "599 s"},
		{750, Seconds, "12.5 min"},
		{7200, Seconds, "2 h"},
		{12.3 * 1024 * 1024, Bytes, "12.3 MiB"},
		{1000, Bytes, "0.977 KiB"},
		{999, Bytes, "999 B"},
		{1023 * 1024, Bytes, "0.999 MiB"},
		{3 << 40, Bytes, "3 TiB"},
		{0.42, Cores, "0.42 cores"},
		{0.24, Ratio, "24%"},
		{0.1234, Ratio, "12.3%"},
		{12345, PerSecond, "12,300/s"},
		{50, PerSecond, "50/s"},
		{0.351, Hours, "0.351 h"},
		{12345, Hours, "12,300 h"},
		{0, Hours, "0 h"},
		{1234, PodSeconds, "1,230 pod-s"},
		{0, PodSeconds, "0 pod-s"},
		{0.017060034, Dollars, "$0.0171"},
		{1234.5, Dollars, "$1,235"},
		{21.3333, Dollars, "$21.33"},
		{2.304, Dollars, "$2.30"},
		{999.999, Dollars, "$1,000"},
		{-2, Dollars, "-$2"},
		{0, Dollars, "$0"},
		{math.NaN(), Dollars, "n/a"},
		{1200, Count, "1,200"},
		{1234567, Count, "1,234,567"},
		{12.345, Count, "12.3"},
		{0, Count, "0"},
		{math.NaN(), Seconds, "n/a"},
		{math.Inf(1), Bytes, "n/a"},
	}
	for _, test := range tests {
		if got := Format(test.value, test.unit); got != test.want {
			t.Errorf("Format(%v, %s) = %q, want %q", test.value, test.unit, got, test.want)
		}
	}
}

func TestFormatNeverShowsMoreThanThreeDigitsBeforeALargerStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Float64Range(1e-6, 0.9999999).Draw(t, "seconds")
		text := Format(seconds, Seconds)
		if len(text) > len("12.3 ms")+1 { // µ is two bytes.
			t.Fatalf("Format(%v) = %q is too long", seconds, text)
		}
	})
}

func TestFormatCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -12345: "-12,345"} {
		if got := FormatCount(n); got != want {
			t.Errorf("FormatCount(%d) = %q, want %q", n, got, want)
		}
	}
}
