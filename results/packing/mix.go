package packing

import (
	"math"
	"slices"
)

// MostKinds is how many kinds of nodes a Kinds tells apart.
const MostKinds = 64

// Kinds are some of up to MostKinds kinds of nodes, by their index.
type Kinds uint64

// With returns the kinds and the one at index i.
func (k Kinds) With(i int) Kinds { return k | 1<<i }

// Has reports whether the kind at index i is among them.
func (k Kinds) Has(i int) bool { return k&(1<<i) != 0 }

// A Kind is a kind of node that can be had in any number.
type Kind struct {
	Room Amount  // What an empty node leaves to pods beside those of DaemonSets.
	Hour float64 // What a node costs an hour, in US dollars.
	// Pod is what a pod costs an hour where each is paid for by what it takes, and nodes are not; false
	// if pods of that size are not for sale. It is nil where nodes are paid for.
	Pod func(Amount) (dollars float64, ok bool)
}

// Takes reports whether an empty node of the kind at index i has room for a pod that may go there.
func (k Kind) Takes(i int, p Pod) bool {
	if !p.May.Has(i) || !k.Room.holds(p.Takes()) {
		return false
	}
	if k.Pod == nil {
		return true
	}
	_, ok := k.Pod(p.Takes())
	return ok
}

// price is what a pod costs by what it takes of one resource.
func (k Kind) price(takes Amount, resource string) float64 {
	if k.Pod != nil {
		dollars, _ := k.Pod(takes)
		return dollars
	}
	if k.Room.of(resource) <= 0 {
		return 0
	}
	return k.Hour * float64(takes.of(resource)) / float64(k.Room.of(resource))
}

// Price is what a pod costs an hour: the price of a node by the part of it that the pod takes, of the
// resource of which that is the largest.
func (k Kind) Price(takes Amount) float64 {
	most := 0.0
	for _, resource := range Resources() {
		most = max(most, k.price(takes, resource))
	}
	return most
}

// Cheapest returns the index of the kind that takes a pod at the least price, of those that are open;
// the first one of equals. Ok is false if none takes it.
func Cheapest(kinds []Kind, open Kinds, p Pod) (index int, ok bool) {
	least := math.Inf(1)
	for i, kind := range kinds {
		if !open.Has(i) || !kind.Takes(i, p) {
			continue
		}
		if price := kind.Price(p.Takes()); price < least {
			index, least, ok = i, price, true
		}
	}
	return index, ok
}

// CostBound returns what pods cost an hour at least, in US dollars, however they are packed onto nodes
// of the kinds: the largest, over the resources, of the sum over the pods of the least that the part of
// a node costs that the pod takes of it. For as the pods on a node take no more than all of a resource,
// their parts of its price add up to no more than that; so it holds for each resource by itself, and it
// needs no whole nodes. Ok is false if a pod fits onto no kind.
func CostBound(kinds []Kind, pods []Pod) (dollars float64, ok bool) {
	sums := make([]float64, len(Resources()))
	for _, p := range pods {
		least, ok := Least(kinds, p)
		if !ok {
			return 0, false
		}
		for i := range sums {
			sums[i] += least[i]
		}
	}
	return slices.Max(sums), true
}

// Least returns what a pod adds to the sums of CostBound, in the order of Resources: the least that the
// part of a node costs an hour that the pod takes of each. Ok is false if it fits onto no kind.
func Least(kinds []Kind, p Pod) (dollars []float64, ok bool) {
	dollars = make([]float64, len(Resources()))
	for i, resource := range Resources() {
		dollars[i] = math.Inf(1)
		for j, kind := range kinds {
			if kind.Takes(j, p) {
				dollars[i] = min(dollars[i], kind.price(p.Takes(), resource))
			}
		}
		if math.IsInf(dollars[i], 1) {
			return nil, false
		}
	}
	return dollars, true
}
