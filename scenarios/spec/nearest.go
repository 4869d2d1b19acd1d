package spec

import (
	"slices"
	"strings"
)

// maxNamesInHint is how many names a hint lists when none is near.
const maxNamesInHint = 12

// meant hints at the candidate nearest to name, or lists the candidates if none is near.
func meant(name string, candidates []string) string {
	if best, ok := Nearest(name, candidates); ok {
		return "did you mean " + best + "?"
	}
	if len(candidates) == 0 || len(candidates) > maxNamesInHint {
		return ""
	}
	sorted := slices.Sorted(slices.Values(candidates))
	return "known here: " + strings.Join(sorted, ", ")
}

// Nearest returns the candidate that a user who typed name most likely meant: the one with the
// smallest edit distance, if that is no more than a third of the name's length.
func Nearest(name string, candidates []string) (string, bool) {
	const maxName = 64 // No name of the language is longer; keeps the distance cheap.
	if len(name) > maxName {
		return "", false
	}
	best, least := "", max(1, len(name)/3)+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if len(candidate) > maxName {
			continue
		}
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best, best != ""
}

// distance is the fewest characters to insert, delete, replace or swap with their neighbour
// that turn a into b: the Levenshtein distance with transpositions.
func distance(a, b string) int {
	// The last three rows of the table; row[j] is the distance of the part of a seen to b[:j].
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}

func either(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
