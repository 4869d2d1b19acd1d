package spec

import (
	"strconv"
	"strings"
)

// An Amount is how many things of a whole are meant, as Kubernetes writes an IntOrString: "20"
// or "20%". The empty Amount is all of them.
type Amount string

// Of returns how many of total things are meant. A percentage is rounded up, as maxSurge's, so
// that it is never none; a number may be more than total.
func (a Amount) Of(total int) int {
	const percent = 100
	digits, share := strings.CutSuffix(string(a), "%")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return total
	case share:
		return (total*n + percent - 1) / percent
	}
	return n
}
