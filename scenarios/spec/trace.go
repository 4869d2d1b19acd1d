package spec

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// includeTraces replaces the file of each pace by the points that it holds.
func (d *decoder) includeTraces(root *yaml.Node, dir fs.FS) {
	for i, phase := range items(child(child(root, "spec"), "phases")) {
		for j, action := range items(child(phase, "actions")) {
			for _, verb := range []string{"load", "demand"} {
				path := fmt.Sprintf("spec.phases[%d].actions[%d].%s.pace.file", i, j, verb)
				d.includeTrace(child(child(action, verb), "pace"), path, dir)
			}
		}
	}
}

// includeTrace replaces the file of one pace, if it has one.
func (d *decoder) includeTrace(pace *yaml.Node, path string, dir fs.FS) {
	file := child(pace, "file")
	if file == nil || file.Kind != yaml.ScalarNode || d.spoilt[file] {
		return
	}
	d.at[path] = d.place(file)
	if child(pace, "points") != nil {
		d.fault(path, "", "a trace has points or a file, not both")
	} else if points := d.readTrace(unescape(file.Value), path, dir); points != nil {
		replaceKey(pace, "file", "points", points)
	}
}

func items(list *yaml.Node) []*yaml.Node {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	return list.Content
}

// readTrace reads a trace as a list of points; nil after a fault.
func (d *decoder) readTrace(name, path string, dir fs.FS) *yaml.Node {
	if !fs.ValidPath(name) || dir == nil {
		d.fault(path, "name a file beside the scenario, such as load.csv", "cannot read %q from here", name)
		return nil
	}
	text, err := readLimited(dir, name)
	if err != nil {
		d.fault(path, "", "%v", err)
		return nil
	}
	if len(text) > MaxFileBytes {
		d.fault(path, "", "%s has more than the %d bytes allowed", name, MaxFileBytes)
		return nil
	}
	points, err := ParseTrace(string(text))
	if err != nil {
		d.fault(path, "a trace is CSV with the head seconds,factor", "%s:%v", name, err)
		return nil
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: d.at[path].line, Column: d.at[path].column}
	for _, p := range points {
		list.Content = append(list.Content, d.pointNode(p, list))
	}
	return list
}

// pointNode writes a point as YAML that stands where the list does.
func (d *decoder) pointNode(p TracePoint, list *yaml.Node) *yaml.Node {
	scalar := func(tag, text string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text, Line: list.Line, Column: list.Column}
	}
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: list.Line, Column: list.Column, Content: []*yaml.Node{
		scalar("!!str", "at"), scalar("!!str", p.At.String()),
		scalar("!!str", "factor"), scalar("!!float", strconv.FormatFloat(p.Factor, 'f', -1, 64)),
	}}
}

// byteOrderMark is what spreadsheets put before the text of a file.
const byteOrderMark = "\ufeff"

// ParseTrace reads a trace: CSV with the head "seconds,factor" and ascending seconds. Lines that
// begin with # are comments. An error begins with the line's number.
func ParseTrace(text string) ([]TracePoint, error) {
	text = strings.TrimPrefix(text, byteOrderMark)
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comment, reader.TrimLeadingSpace, reader.FieldsPerRecord, reader.ReuseRecord = '#', true, -1, true
	var points []TracePoint
	for first := true; ; first = false {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, fmt.Errorf("%d: %w", wrong.Line, wrong.Err)
		} else if err != nil {
			return nil, err
		}
		line, _ := reader.FieldPos(0)
		if first {
			if len(record) != 2 || record[0] != "seconds" || record[1] != "factor" {
				return nil, fmt.Errorf("%d: the first line must be seconds,factor, not %q", line, strings.Join(record, ","))
			}
			continue
		}
		point, err := parsePoint(record)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%d: %w", line, err)
		case len(points) > 0 && point.At <= points[len(points)-1].At:
			return nil, fmt.Errorf("%d: seconds must ascend: %s comes after %v", line, record[0], points[len(points)-1].At.Seconds())
		case len(points) == MaxPoints:
			return nil, fmt.Errorf("%d: there are more than %d points", line, MaxPoints)
		}
		points = append(points, point)
	}
	if len(points) == 0 {
		return nil, errors.New("1: the file has no points")
	}
	return points, nil
}

func parsePoint(record []string) (TracePoint, error) {
	if len(record) != 2 {
		return TracePoint{}, fmt.Errorf("the line must have 2 columns, seconds and factor; it has %d", len(record))
	}
	for i, column := range []string{"seconds", "factor"} {
		if strings.TrimSpace(record[i]) == "" {
			return TracePoint{}, fmt.Errorf("there is no value for %s; a gap is not filled: write the value, "+
				"or leave the line out and the factor changes evenly in between", column)
		}
	}
	seconds, err := strconv.ParseFloat(record[0], 64)
	if err != nil || !(seconds >= 0 && seconds <= MaxDuration.Seconds()) {
		return TracePoint{}, fmt.Errorf("seconds must be a number from 0 to %v, not %q", MaxDuration.Seconds(), record[0])
	}
	factor, err := strconv.ParseFloat(record[1], 64)
	if err != nil || !rules["factor"].holds(factor) {
		return TracePoint{}, fmt.Errorf("factor must be a number from 0 to 100,000, not %q", record[1])
	}
	return TracePoint{At: time.Duration(seconds * float64(time.Second)).Round(time.Microsecond), Factor: factor}, nil
}
