package sample

import (
	"math"
	"strconv"
	"strings"
)

// A scale is one step of a unit's ladder: values from limit on are shown divided by size.
type scale struct {
	from float64
	size float64
	name string
}

// The ladders, from the largest step down. Values are rounded before a step is chosen, so
// that 0.9999 s is "1 s" and not "1000 ms".
func ladder(unit Unit) []scale {
	switch unit {
	case Seconds:
		return []scale{
			{7200, 3600, " h"}, {600, 60, " min"}, {1, 1, " s"}, {1e-3, 1e-3, " ms"}, {0, 1e-6, " µs"},
		}
	case Bytes:
		const kib = 1 << 10
		return []scale{
			{1000 * kib * kib * kib, kib * kib * kib * kib, " TiB"}, {1000 * kib * kib, kib * kib * kib, " GiB"},
			{1000 * kib, kib * kib, " MiB"}, {1000, kib, " KiB"}, {0, 1, " B"},
		}
	case Cores:
		return []scale{{0, 1, " cores"}}
	case Ratio:
		return []scale{{0, 0.01, "%"}}
	case PerSecond:
		return []scale{{0, 1, "/s"}}
	case Hours:
		return []scale{{0, 1, " h"}}
	case PodSeconds:
		return []scale{{0, 1, " pod-s"}}
	default:
		return []scale{{0, 1, ""}}
	}
}

// Format writes a value of a unit for people, with three significant digits: "1.42 s",
// "850 ms", "12.3 MiB", "0.42 cores", "24%", "1,230/s". Whole counts are written in full. It
// is the one place where numbers get their form; what is not a number is "n/a".
func Format(value float64, unit Unit) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "n/a"
	}
	if unit == Count && value == math.Trunc(value) {
		return FormatCount(int64(value))
	}
	if unit == Dollars {
		return strings.Replace("$"+dollars(value), "$-", "-$", 1)
	}
	if value == 0 {
		return "0" + zeroUnit(unit)
	}
	rounded := significant(value)
	for _, step := range ladder(unit) {
		if math.Abs(rounded) >= step.from {
			return number(significant(value/step.size)) + step.name
		}
	}
	return number(rounded)
}

// FormatCount writes a whole number with its thousands set apart: "1,200".
func FormatCount(n int64) string { return group(strconv.FormatInt(n, 10)) }

func zeroUnit(unit Unit) string {
	switch unit {
	case Seconds:
		return " s"
	case Bytes:
		return " B"
	case Ratio:
		return "%"
	case PerSecond:
		return "/s"
	case Cores:
		return " cores"
	case Hours:
		return " h"
	case PodSeconds:
		return " pod-s"
	default:
		return ""
	}
}

// dollars writes an amount as bills do: whole dollars from 1,000 on, to the cent from 1 on, and below that,
// as a request or a pod costs, with three significant digits.
func dollars(value float64) string {
	switch size := math.Abs(value); {
	case size >= 1000:
		return number(math.Round(value))
	case size >= 1:
		return group(strings.TrimSuffix(strconv.FormatFloat(value, 'f', 2, 64), ".00"))
	}
	return number(significant(value))
}

// significant rounds to three significant digits.
func significant(value float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(value, 'e', 2, 64), 64)
	if err != nil { // Only beyond the range of a float64.
		return value
	}
	return rounded
}

func number(value float64) string {
	return group(strconv.FormatFloat(value, 'f', -1, 64))
}

// group puts a comma before every third digit of the whole part.
func group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	whole, fraction, found := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		whole += "." + fraction
	}
	return sign + whole
}

// Words returns what the metric measures, for people: its name without its unit, such as "pod
// startup" for pod_startup_seconds. Rates keep their unit: "pods ready per second" would
// otherwise read like a count.
func (m Metric) Words() string {
	name := m.Name
	if m.Unit != PerSecond {
		name = strings.TrimSuffix(name, "_"+string(m.Unit))
	}
	return strings.ReplaceAll(name, "_", " ")
}
