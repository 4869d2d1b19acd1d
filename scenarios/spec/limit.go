package spec

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// ParseLimit reads an objective's limit in the metric's base unit: a duration or a number for
// seconds, a quantity or a number for bytes and cores, a number or a percentage for ratios and
// a number for all else. The number of observations is a plain number for every metric.
func ParseLimit(text string, unit sample.Unit, statistic slo.Statistic) (float64, error) {
	if statistic == slo.Total {
		unit = sample.Count
	}
	if value, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return 0, fmt.Errorf("%q is not a finite number", text)
		}
		return value, nil
	}
	switch unit {
	case sample.Seconds:
		value, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("%q is neither a duration such as 500ms nor a number of seconds", text)
		}
		return value.Seconds(), nil
	case sample.Bytes, sample.Cores:
		quantity, err := parseQuantity(text)
		if err != nil {
			return 0, err
		}
		return quantity.AsApproximateFloat64(), nil
	case sample.Ratio:
		if value, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64); err == nil {
			return value / 100, nil
		}
		return 0, fmt.Errorf("%q is neither a number nor a percentage such as 50%%", text)
	}
	return 0, fmt.Errorf("%q is not a number", text)
}

// quantityPattern is what a person writes of Kubernetes' quantities: no exponents, whose size
// is without bound.
var quantityPattern = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,9})?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$`)

func parseQuantity(text string) (resource.Quantity, error) {
	if !quantityPattern.MatchString(text) {
		return resource.Quantity{}, fmt.Errorf("%q is not a quantity such as 500Mi", text)
	}
	return resource.ParseQuantity(text)
}

// Judged returns the statistic that the objective is about.
func (o Objective) Judged() slo.Statistic {
	if o.Percentile != 0 {
		return slo.Statistic("p" + strconv.FormatFloat(o.Percentile, 'f', -1, 64))
	}
	return slo.Statistic(o.Statistic)
}

// Limit returns the limit as it is written, and whether it is the most or the least allowed.
func (o Objective) Limit() (text string, most bool) {
	if o.Most != "" {
		return o.Most, true
	}
	return o.Least, false
}
