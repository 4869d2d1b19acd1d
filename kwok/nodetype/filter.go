package nodetype

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Filter chooses types; its zero value chooses all.
type Filter struct {
	Provider     string
	Arch         string
	MinVCPU      int
	MinMemoryMiB int64
	MaxPrice     float64 // US dollars an hour on demand; a type without a price is not chosen. 0 is any.
}

// Of returns the types that the filter chooses, in their order.
func (f Filter) Of(all Types) Types {
	chosen := Types{}
	for _, t := range all {
		if (f.Provider == "" || t.Provider == f.Provider) && (f.Arch == "" || t.Arch == f.Arch) && t.VCPU >= f.MinVCPU &&
			t.MemoryMiB >= f.MinMemoryMiB && (f.MaxPrice == 0 || t.PricePerHour > 0 && t.PricePerHour <= f.MaxPrice) {
			chosen = append(chosen, t)
		}
	}
	return chosen
}

// orders compare two types by a word of a user; what is not known comes last.
var orders = map[string]func(a, b Type) int{
	"name":      func(a, b Type) int { return strings.Compare(a.Name, b.Name) },
	"cpu":       func(a, b Type) int { return cmp.Compare(a.AllocatableMilliCPU, b.AllocatableMilliCPU) },
	"memory":    func(a, b Type) int { return cmp.Compare(a.AllocatableMiB, b.AllocatableMiB) },
	"pods":      func(a, b Type) int { return cmp.Compare(a.MaxPods, b.MaxPods) },
	"price":     func(a, b Type) int { return known(a.PricePerHour, b.PricePerHour) },
	"spot":      func(a, b Type) int { return known(a.SpotPerHour, b.SpotPerHour) },
	"cpu-price": func(a, b Type) int { return known(a.perCore(), b.perCore()) },
}

// Orders returns the words that Sort takes.
func Orders() []string {
	return []string{"name", "cpu", "memory", "pods", "price", "spot", "cpu-price"}
}

// perCore is the price of an allocatable core; 0 if not known.
func (t Type) perCore() float64 { return t.PricePerHour * 1000 / float64(t.AllocatableMilliCPU) }

func known(a, b float64) int {
	if (a > 0) != (b > 0) {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// Sort orders types by one of Orders, from the least; equal ones keep their order.
func Sort(all Types, by string) error {
	order, ok := orders[by]
	if !ok {
		return fmt.Errorf("node types cannot be sorted by %q: use %s", by, strings.Join(Orders(), ", "))
	}
	slices.SortStableFunc(all, order)
	return nil
}
