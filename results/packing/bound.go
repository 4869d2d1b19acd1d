package packing

// NodesFor returns the fewest nodes with this room that any packing of pods could do with which take sum
// together; see LowerBound. Each must fit onto a node by itself.
func NodesFor(room, sum Amount) (nodes int) {
	for _, resource := range Resources() {
		if each := room.of(resource); each > 0 {
			nodes = max(nodes, int((sum.of(resource)+each-1)/each))
		}
	}
	return nodes
}

// Fits reports whether a pod fits into a room.
func Fits(room, pod Amount) bool { return room.holds(pod) }

// Plus adds two amounts.
func Plus(a, b Amount) Amount { return a.plus(b) }

// Minus takes b off a.
func Minus(a, b Amount) Amount { return a.minus(b) }
