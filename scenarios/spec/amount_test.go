package spec

import "testing"

func TestAmount(t *testing.T) {
	for _, test := range []struct {
		amount Amount
		total  int
		want   int
	}{
		{"", 7, 7},
		{"3", 7, 3},
		{"30", 7, 30}, // For the caller to refuse.
		{"1%", 7, 1},  // Rounded up, never to none.
		{"50%", 7, 4},
		{"2%", 5000, 100},
		{"100%", 7, 7},
		{"100%", 100_000, 100_000},
		{"29%", 100, 29}, // Without the error of a binary fraction.
	} {
		if got := test.amount.Of(test.total); got != test.want {
			t.Errorf("%q of %d is %d, want %d", test.amount, test.total, got, test.want)
		}
	}
}
