package sample

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The V2 encoding of HdrHistogram: a cookie and the length of what is compressed; in that, the
// header and the counts by index as ZigZag LEB128, where a negative one is a run of zeros. See
// https://github.com/HdrHistogram/HdrHistogram, AbstractHistogram.encodeIntoCompressedByteBuffer.
const (
	packedCookie     = 0x1c849304
	packedInner      = 0x1c849303
	packedCookieMask = 0xffffff0f
	packedHeader     = 40
	// packedIndexes is how many counts a histogram has: 1,024 for each of the 22 powers of two
	// beyond the first 2,048 µs that reach 1 h, and those twice.
	packedIndexes = 23 << (histogramBits - 1)
	packedHalf    = 1 << (histogramBits - 1)
	maxVarint     = 9 // Bytes of a count in this encoding.
)

// maxCount is how many durations one histogram that is read may hold; sums of them then do not
// overflow.
const maxCount = 1 << 40

// A Packed is a histogram as it was written, of which only the counts that are not 0 are held: a
// few hundred bytes in place of 188 KB. It is read, and added to a Histogram.
type Packed struct {
	counts []packedCount
	total  int64
}

type packedCount struct{ micros, n int64 }

// A PackedWindow is a Window for those who add many of them up.
type PackedWindow struct {
	From      Offset `json:"from"`
	To        Offset `json:"to"`
	Metric    string `json:"metric"`
	Labels    Labels `json:"labels,omitempty"`
	Histogram Packed `json:"hdr"`
	Censored  bool   `json:"censored,omitempty"`
}

// Count returns how many durations were recorded.
func (p Packed) Count() int64 { return p.total }

// Min returns the shortest duration in seconds, rounded down to the histogram's resolution; 0
// for an empty histogram.
func (p Packed) Min() float64 {
	if len(p.counts) == 0 {
		return 0
	}
	return float64(p.counts[0].micros) / 1e6
}

// Buckets calls visit with every non-empty bucket, as those of a Histogram.
func (p Packed) Buckets(visit func(seconds float64, count int64)) {
	for _, c := range p.counts {
		visit(Resolve(float64(c.micros)/1e6), c.n)
	}
}

// Add adds the counts of a packed histogram, as Merge does those of another.
func (h *Histogram) Add(p Packed) {
	if p.total == 0 {
		return
	}
	h.init()
	for _, c := range p.counts {
		if err := h.counts.RecordValues(c.micros, c.n); err != nil {
			panic(fmt.Sprintf("histogram: %d times %d µs is within bounds and was refused: %v", c.n, c.micros, err))
		}
	}
}

// UnmarshalJSON reads the V2 compressed form, as Histogram's does.
func (p *Packed) UnmarshalJSON(data []byte) error {
	var text string
	if quoted := len(data) >= 2 && data[0] == '"' && bytes.IndexByte(data, '\\') < 0; quoted {
		data = data[1 : len(data)-1] // As it is always written.
	} else if err := json.Unmarshal(data, &text); err != nil {
		return err
	} else {
		data = []byte(text)
	}
	payload, err := unpack(data)
	if err == nil {
		err = p.read(payload)
	}
	if err != nil {
		return fmt.Errorf("decode HDR histogram: %w", err)
	}
	return nil
}

// unpack returns the encoded counts.
func unpack(text []byte) ([]byte, error) {
	outer := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	decoded, err := base64.StdEncoding.Decode(outer, text)
	if err != nil {
		return nil, err
	}
	outer = outer[:decoded]
	if len(outer) < 8 || binary.BigEndian.Uint32(outer)&packedCookieMask != packedCookie {
		return nil, errors.New("it is not in the V2 compressed encoding")
	}
	length := binary.BigEndian.Uint32(outer[4:])
	if int64(length) > int64(len(outer)-8) {
		return nil, fmt.Errorf("%d bytes are compressed, %d are there", length, len(outer)-8)
	}
	compressed, err := zlib.NewReader(bytes.NewReader(outer[8 : 8+length]))
	if err != nil {
		return nil, err
	}
	const most = packedHeader + packedIndexes*maxVarint
	inner, err := io.ReadAll(io.LimitReader(compressed, most+1)) // To the end, where the checksum is.
	if err != nil {
		return nil, err
	}
	if len(inner) < packedHeader || len(inner) > most || binary.BigEndian.Uint32(inner)&packedCookieMask != packedInner {
		return nil, errors.New("what is compressed is no V2 histogram of this range")
	}
	size, digits := binary.BigEndian.Uint32(inner[4:]), int32(binary.BigEndian.Uint32(inner[12:]))
	lowest, highest := int64(binary.BigEndian.Uint64(inner[16:])), int64(binary.BigEndian.Uint64(inner[24:]))
	if digits != histogramDigits || lowest != histogramLowest || highest != histogramHighest {
		return nil, fmt.Errorf("its range is %d to %d µs with %d digits, not %d to %d with %d",
			lowest, highest, digits, histogramLowest, histogramHighest, histogramDigits)
	}
	if int64(size) != int64(len(inner)-packedHeader) {
		return nil, fmt.Errorf("its counts have %d bytes, not %d", len(inner)-packedHeader, size)
	}
	return inner[packedHeader:], nil
}

// read reads the encoded counts.
func (p *Packed) read(payload []byte) error {
	*p = Packed{}
	index := int64(0)
	for len(payload) > 0 {
		n, size := varint(payload)
		if size == 0 {
			return errors.New("a count is cut short")
		}
		payload = payload[size:]
		if n < -packedIndexes || index >= packedIndexes {
			return fmt.Errorf("it has more than %d counts", packedIndexes)
		}
		if n < 0 {
			index -= n
			if index > packedIndexes {
				return fmt.Errorf("it has more than %d counts", packedIndexes)
			}
			continue
		}
		if n > maxCount-p.total {
			return fmt.Errorf("it has more than %d values", int64(maxCount))
		}
		if n > 0 {
			p.counts = append(p.counts, packedCount{microsAt(index), n})
			p.total += n
		}
		index++
	}
	return nil
}

// varint reads a ZigZag LEB128 number, whose ninth byte has eight bits; size is 0 if it is cut.
func varint(from []byte) (n int64, size int) {
	var value uint64
	for i, b := range from {
		if i == maxVarint-1 {
			value |= uint64(b) << (7 * i)
			return int64(value>>1) ^ -int64(value&1), i + 1
		}
		value |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return int64(value>>1) ^ -int64(value&1), i + 1
		}
	}
	return 0, 0
}

// microsAt is the lowest value that is counted at an index: below 2,048 the index itself, above
// it 1,024 steps for each power of two.
func microsAt(index int64) int64 {
	power := index/packedHalf - 1
	if power < 0 {
		return index
	}
	return (index%packedHalf + packedHalf) << power
}
