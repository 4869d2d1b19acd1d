package chart

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

// smallest is the least value on a log axis: the resolution of the histograms.
const smallest = 1e-6

// A logScale is gonum's log scale for values that may be 0: they are drawn at the axis.
type logScale struct{}

// Normalize returns the place of x between low and high.
func (logScale) Normalize(low, high, x float64) float64 {
	low = max(low, smallest)
	high = max(high, low*10)
	return math.Log(max(x, low)/low) / math.Log(high/low)
}

// A tailScale places the share p of a distribution at log(1/(1-p)).
type tailScale struct{}

// Normalize returns the place of p between low and high.
func (tailScale) Normalize(low, high, p float64) float64 {
	return (nines(p) - nines(low)) / (nines(high) - nines(low))
}

// nines counts the nines of a share: 0.99 has 2.
func nines(p float64) float64 { return -math.Log10(max(1-p, 1e-12)) }

func setHorizontal(p *plot.Plot, figure view.Figure) {
	if figure.Axis == view.TailAxis {
		p.X.Min, p.X.Max = 0, tailEnd(figure)
		p.X.Scale, p.X.Tick.Marker = tailScale{}, plot.TickerFunc(tailTicks)
		p.X.Label.Text = "share that was at least this fast"
		return
	}
	if figure.Axis == view.FigureAxis {
		setFigureAxis(p, figure)
		return
	}
	if figure.Axis == view.ValueAxis || figure.Axis == view.NamesAxis {
		setNamed(p, figure)
		return
	}
	p.X.Min, p.X.Max = 0, max(figure.End, 1)
	if figure.Axis == view.NodesAxis || figure.Axis == view.PodsAxis || figure.Axis == view.HPAsAxis || figure.Axis == view.RequestsAxis ||
		figure.Axis == view.RunsAxis {
		p.X.Tick.Marker = plot.TickerFunc(countTicks)
		p.X.Label.Text = string(figure.Axis)
		return
	}
	p.X.Tick.Marker = plot.TickerFunc(timeTicks)
	p.X.Label.Text = "time since the run started"
}

// tailEnd is where the longest curve ends, but never before the first nine.
func tailEnd(figure view.Figure) float64 {
	end := 0.9
	for _, panel := range figure.Panels {
		for _, series := range panel.Series {
			for _, part := range series.Parts {
				end = max(end, part[len(part)-1].X)
			}
		}
	}
	return end
}

func tailTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for _, p := range []float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999} {
		if p >= low && nines(p) <= nines(high)+1e-6 {
			ticks = append(ticks, plot.Tick{Value: p, Label: fmt.Sprintf("%.6g%%", p*100)})
		}
	}
	return ticks
}

// maxTimeTicks is how many labels a time axis has room for.
const maxTimeTicks = 9

// timeTicks marks round times: 0:30, 1:00 ...
func timeTicks(low, high float64) []plot.Tick {
	step := 86400.0
	for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800} {
		if (high-low)/s <= maxTimeTicks {
			step = s
			break
		}
	}
	var ticks []plot.Tick
	for t := math.Ceil(low/step) * step; t <= high; t += step {
		ticks = append(ticks, plot.Tick{Value: t, Label: clock(int(t))})
	}
	return ticks
}

// countTicks marks round numbers.
func countTicks(low, high float64) []plot.Tick {
	step := max(1, round((high-low)/maxTimeTicks))
	var ticks []plot.Tick
	for n := math.Ceil(low/step) * step; n <= high; n += step {
		ticks = append(ticks, plot.Tick{Value: n, Label: tickLabel(n, sample.Count)})
	}
	return ticks
}

func clock(seconds int) string {
	if seconds < 3600 {
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// farLimit is how many times higher than all data a limit may be before it would press the
// data flat; it is then left out of a linear panel.
const farLimit = 3

// overLimit is the room left above a limit, so that its label stands inside the panel.
const overLimit = 1.1

func setVertical(p *plot.Plot, panel view.Panel, height float64) {
	low, high := dataRange(panel)
	for _, limit := range panel.Limits {
		if panel.Log || limit.Value <= farLimit*high {
			high = max(high, limit.Value*overLimit)
		}
	}
	ticks := linearTicks(high, height, panel.Unit)
	if panel.Log {
		p.Y.Scale = logScale{}
		ticks = logTicks(low, high, panel.Unit)
	}
	if panel.Signed {
		ticks = signedTicks(low, high, height, panel.Unit)
	}
	p.Y.Min, p.Y.Max = ticks[0].Value, ticks[len(ticks)-1].Value
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
}

// dataRange is the lowest and highest value of a panel; 0 and 0 if it has none.
func dataRange(panel view.Panel) (low, high float64) {
	low, high = math.Inf(1), 0
	for _, series := range panel.Series {
		for _, part := range series.Parts {
			for _, point := range part {
				low, high = min(low, point.Y), max(high, point.Y)
			}
		}
	}
	if panel.Heat != nil {
		low, high = min(low, panel.Heat.Edges[0]), max(high, panel.Heat.Edges[len(panel.Heat.Edges)-1])
	}
	for _, area := range panel.Areas {
		for _, point := range area.Upper {
			high = max(high, point.Y)
		}
	}
	for _, mark := range panel.Marks {
		low, high = min(low, mark.Low.Y), max(high, mark.High.Y)
	}
	return min(low, high), high
}

// finite reports whether a point can be drawn.
func finite(p view.Point) bool {
	return !math.IsNaN(p.X) && !math.IsInf(p.X, 0) && !math.IsNaN(p.Y) && !math.IsInf(p.Y, 0)
}

// linearTicks are round steps from 0 to beyond high, about one for every 40 pixels.
func linearTicks(high, height float64, unit sample.Unit) []plot.Tick {
	if high < smallest {
		high = 1
	}
	step := round(high / max(2, height/45))
	if unit == sample.Bytes { // Bytes are labelled in powers of 1024, so they step in powers of 2.
		step = math.Exp2(math.Ceil(math.Log2(max(high, 1) / max(2, height/45))))
	}
	if unit == sample.Count {
		step = max(step, 1)
	}
	var ticks []plot.Tick
	for i := 0.0; ; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: tickLabel(i*step, unit)})
		if i*step >= high {
			return ticks
		}
	}
}

// signedTicks are round steps from below low, or 0, to beyond high, or 0.
func signedTicks(low, high, height float64, unit sample.Unit) []plot.Tick {
	low, high = min(low, 0), max(high, 0)
	step := round(max(high-low, smallest) / max(2, height/45))
	var ticks []plot.Tick
	for i := math.Floor(low/step + 1e-9); ; i++ {
		label := strings.Replace(tickLabel(i*step, unit), "-", "−", 1)
		ticks = append(ticks, plot.Tick{Value: i * step, Label: label})
		if i*step >= high-1e-9*step && len(ticks) > 1 {
			return ticks
		}
	}
}

// round returns the next 1, 2 or 5 times a power of ten.
func round(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// logTicks are the decades around the data, and 2 and 5 between them where there is room.
func logTicks(low, high float64, unit sample.Unit) []plot.Tick {
	low = max(low, smallest)
	high = max(high, low)
	first, last := math.Floor(math.Log10(low)+1e-9), math.Ceil(math.Log10(high)-1e-9)
	if first == last {
		last++
	}
	between := []float64{1}
	if last-first <= 2 {
		between = []float64{1, 2, 5}
	}
	var ticks []plot.Tick
	for exponent := first; exponent <= last; exponent++ {
		for _, m := range between {
			v := m * math.Pow(10, exponent)
			if exponent < last || m == 1 {
				ticks = append(ticks, plot.Tick{Value: v, Label: tickLabel(v, unit)})
			}
		}
	}
	return ticks
}

// tickLabel leaves out units that the panel's label already says.
func tickLabel(v float64, unit sample.Unit) string {
	if unit == sample.Cores || unit == sample.PerSecond {
		unit = sample.Count
	}
	return sample.Format(v, unit)
}
