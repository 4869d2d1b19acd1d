package pace

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// blockSize is how many arrivals share one stored sum: more save memory and cost time per At.
const blockSize = 128

// unitPoisson holds the arrivals of a Poisson process of rate 1. It keeps one sum per block and
// draws the gaps in a block again when asked; each block has a generator of its own, seeded by
// the block's number, so that any request's arrival is found without those before it.
type unitPoisson struct {
	seed   uint64
	before []float64 // Of each block, the last arrival before it.
}

// newUnitPoisson returns the arrivals up to until, and the rest of the block that reaches it.
func newUnitPoisson(seed uint64, until float64) *unitPoisson {
	p := &unitPoisson{seed: seed, before: make([]float64, 0, int(until/blockSize)+2)}
	for sum := 0.0; sum <= until; {
		p.before = append(p.before, sum)
		sum += p.gaps(uint64(len(p.before)-1), blockSize)
	}
	return p
}

// len returns how many arrivals p holds.
func (p *unitPoisson) len() uint64 { return uint64(len(p.before)) * blockSize }

// arrival returns when arrival seq happens; it is infinite for those p does not hold.
func (p *unitPoisson) arrival(seq uint64) float64 {
	if seq >= p.len() {
		return math.Inf(1)
	}
	block := seq / blockSize
	return p.before[block] + p.gaps(block, int(seq%blockSize)+1)
}

// gaps returns the sum of the first n gaps of a block: exponentials of mean 1.
func (p *unitPoisson) gaps(block uint64, n int) float64 {
	// ChaCha8, as its streams are independent even if their keys differ in one bit.
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], p.seed)
	binary.LittleEndian.PutUint64(key[8:], block)
	random := rand.New(rand.NewChaCha8(key))
	sum := 0.0
	for range n {
		sum += random.ExpFloat64()
	}
	return sum
}
