package exitcode

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kubedyno/kubedyno/results/slo"
)

func TestOf(t *testing.T) {
	disk := &Error{Code: Environment, Err: errors.New("disk full"), Hint: "Free space."}
	tests := []struct {
		name string
		err  error
		code int
		hint string
	}{
		{"nothing", nil, OK, ""},
		{"plain", errors.New("surprise"), Bug, ""},
		{"coded", disk, Environment, "Free space."},
		{"wrapped", fmt.Errorf("write: %w", disk), Environment, "Free space."},
		{"innermost wins", &Error{Code: Bug, Err: fmt.Errorf("run: %w", disk)}, Environment, "Free space."},
		{"outer hint when inner has none",
			&Error{Code: Bug, Hint: "Try again.", Err: &Error{Code: InvalidInput, Err: errors.New("x")}},
			InvalidInput, "Try again."},
		{"joined: first with a code", errors.Join(errors.New("x"), disk, &Error{Code: Bug, Err: errors.New("y")}),
			Environment, "Free space."},
		{"joined: none has a code", errors.Join(errors.New("x"), errors.New("y")), Bug, ""},
		{"cancelled", fmt.Errorf("run: %w", context.Canceled), Interrupted, ""},
		{"cancelled with a cause", errors.Join(context.Canceled, disk), Environment, "Free space."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Of(test.err); got != test.code {
				t.Errorf("Of(%v) = %d, want %d", test.err, got, test.code)
			}
			if got := Hint(test.err); got != test.hint {
				t.Errorf("Hint(%v) = %q, want %q", test.err, got, test.hint)
			}
		})
	}
}

func TestErrorUnwraps(t *testing.T) {
	err := fmt.Errorf("run: %w", &Error{Code: Interrupted, Err: context.Canceled})
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is hidden")
	}
	if got, want := err.Error(), "run: context canceled"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestForVerdict(t *testing.T) {
	for verdict, want := range map[slo.Verdict]int{
		slo.Pass: 0, slo.Miss: 1, slo.Inconclusive: 5, slo.NoData: 5, "": 70,
	} {
		if got := ForVerdict(verdict); got != want {
			t.Errorf("ForVerdict(%q) = %d, want %d", verdict, got, want)
		}
	}
}

func TestWordsTellCodesApart(t *testing.T) {
	seen := map[string]int{}
	for _, code := range []int{OK, Missed, InvalidInput, Environment, Interrupted, Inconclusive, Bug} {
		words := Words(code)
		if other, known := seen[words]; known || words == "" {
			t.Errorf("codes %d and %d are both %q", other, code, words)
		}
		seen[words] = code
	}
	if got := Words(Missed); got != "an objective was missed" {
		t.Error(got)
	}
}
