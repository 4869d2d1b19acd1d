package action

import (
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	first := choose("general", 100, 10, 1)
	if again := choose("general", 100, 10, 1); !slices.Equal(first, again) {
		t.Errorf("the same seed chose %v and %v", first, again)
	}
	if other := choose("general", 100, 10, 2); slices.Equal(first, other) {
		t.Errorf("two seeds chose the same %v", first)
	}
	slices.Sort(first)
	if n := len(slices.Compact(first)); n != 10 {
		t.Errorf("%d different nodes were chosen, want 10: %v", n, first)
	}
	all := choose("general", 3, 5, 1)
	slices.Sort(all)
	if want := []string{"general-0", "general-1", "general-2"}; !slices.Equal(all, want) {
		t.Errorf("all nodes: %v", all)
	}
}
