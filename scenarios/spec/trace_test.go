package spec

import (
	"strings"
	"testing"
	"time"
)

// What is wrong with a trace is told with its line; nothing is made up for what is not there.
func TestTraceFaults(t *testing.T) {
	const head = "seconds,factor\n"
	for name, test := range map[string]struct{ text, want string }{
		"a gap":             {head + "0,1\n10,\n20,2\n", "3: there is no value for factor; a gap is not filled"},
		"a gap of seconds":  {head + "0,1\n ,2\n", "3: there is no value for seconds; a gap is not filled"},
		"a short line":      {head + "0,1\n\n10\n", "4: the line must have 2 columns, seconds and factor; it has 1"},
		"a long line":       {head + "0,1,2\n", "2: the line must have 2 columns, seconds and factor; it has 3"},
		"text":              {head + "0,one\n", `2: factor must be a number from 0 to 100,000, not "one"`},
		"no number":         {head + "0,NaN\n", `2: factor must be a number from 0 to 100,000, not "NaN"`},
		"a time of day":     {head + "0:10,1\n", `2: seconds must be a number from 0 to 86400, not "0:10"`},
		"backwards":         {head + "0,1\n20,2\n10,3\n", "4: seconds must ascend: 10 comes after 20"},
		"twice":             {head + "0,1\n0,2\n", "3: seconds must ascend: 0 comes after 0"},
		"a missing column":  {"seconds\n0\n", `1: the first line must be seconds,factor, not "seconds"`},
		"no head":           {"0,1\n", `1: the first line must be seconds,factor, not "0,1"`},
		"other separators":  {"seconds;factor\n0;1\n", `1: the first line must be seconds,factor, not "seconds;factor"`},
		"nothing":           {"", "1: the file has no points"},
		"nothing but marks": {byteOrderMark, "1: the file has no points"},
		"a head alone":      {head, "1: the file has no points"},
	} {
		points, err := ParseTrace(test.text)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: got %v and %v, want %q", name, points, err, test.want)
		}
	}
}

func TestTraceOfASpreadsheet(t *testing.T) {
	points, err := ParseTrace(byteOrderMark + "seconds,factor\r\n0,1\r\n# a note\r\n 2.5, 0.5\r\n")
	if err != nil || len(points) != 2 || points[1] != (TracePoint{At: 2500 * time.Millisecond, Factor: 0.5}) {
		t.Errorf("got %v, %v", points, err)
	}
}
