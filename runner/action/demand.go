package action

import (
	"context"
	"fmt"
	"hash/crc64"
	"time"

	"github.com/kubedyno/kubedyno/kwok/usage"
	"github.com/kubedyno/kubedyno/kwok/usage/service"
	"github.com/kubedyno/kubedyno/kwok/usage/values"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load/pace"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// demandTick is the time between two steps of a service's model. A pod's usage is told at the end
// of the step that it was for, so it is that much late; pods that are gone count until then.
const demandTick = time.Second

// A demander steps the model of a service while work is asked of it.
type demander struct {
	Step
	demand   *spec.Demand
	ready    func() []measure.ReadyPod // The pods that serve.
	model    *service.Model
	shape    pace.Shape
	began    sample.Offset
	last     sample.Offset          // Until when the model has been stepped.
	offered  service.Units          // Until then.
	told     map[string]usage.Usage // What Usage knows, by the pods' UIDs.
	books    books
	recorder demandRecorder
}

// books are the totals of a demand: offered = served + lost + queue.
type books struct{ offered, served, lost, queue service.Units }

// demand asks work of a service for a while. When it ends, what still waits is given up and the
// pods are idle again.
func (s Step) demand(ctx context.Context, a *spec.Demand) (string, error) {
	model, err := s.service(a.Service)
	if err != nil {
		return "", err
	}
	asked := s.Env.Plan.Services[a.Service]
	ready := func() []measure.ReadyPod { return s.Pods.Ready(asked.Workload) }
	if s.HPAs != nil {
		defer s.HPAs.Await(a.Service, s.scalers(a.Service))()
	}
	b, err := s.newDemander(a, model, ready).run(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s offered, %s served, %s lost, %s still waited at the end",
		wholeUnits(b.offered), asked.Unit, wholeUnits(b.served), wholeUnits(b.lost), wholeUnits(b.queue)), nil
}

// scalers returns the HPAs of a service, by their labels in the metrics.
func (s Step) scalers(service string) map[string]bool {
	names := map[string]bool{}
	for _, a := range s.Env.Plan.Autoscalers {
		if a.Service == service {
			names[a.HPA] = true
		}
	}
	return names
}

func (s Step) newDemander(a *spec.Demand, model *service.Model, ready func() []measure.ReadyPod) *demander {
	now := s.Clock.Now()
	return &demander{
		Step: s, demand: a, ready: ready, model: model, shape: shape(a.Pace, a.Duration),
		began: now, last: now, told: map[string]usage.Usage{},
		recorder: demandRecorder{step: s, service: a.Service, from: now, carry: service.Amount(roundHalf)},
	}
}

// run steps the model once every demandTick until the demand's time has passed.
func (d *demander) run(ctx context.Context) (books, error) {
	d.recorder.point(d.began, sample.ServiceLost, 0) // It counts anew.
	d.count(d.began, service.Result{})
	defer d.end()
	for due := demandTick; ; due += demandTick {
		due = min(due, d.demand.Duration)
		if err := until(ctx, d.Clock.Start().Add(time.Duration(d.began)+due)); err != nil {
			return d.books, err
		}
		passed := d.tick(due)
		if passed >= d.demand.Duration {
			return d.books, nil
		}
		due = max(due, passed.Truncate(demandTick)) // A late step covers those that it has missed.
	}
}

func wholeUnits(u service.Units) string { return sample.FormatCount(int64(u.Float() + 0.5)) }

// service returns the model of a service, which is the same for all demands of the run, so that
// its pods keep their shares.
func (s Step) service(name string) (*service.Model, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known := s.services[name]; known != nil {
		return known, nil
	}
	p, ok := s.Env.Plan.Services[name]
	if !ok {
		return nil, fmt.Errorf("the plan has no service %q", name)
	}
	if s.services == nil {
		s.services = map[string]*service.Model{}
	}
	s.services[name] = service.New(service.Options{
		Capacity: p.Capacity, Warmup: p.Warmup, Queue: float64(p.Queue), Noise: p.Noise, CPULimit: p.CPULimit,
		IdleCores: p.IdleCores, CoresPerUnit: p.CoresPerUnit, IdleBytes: p.IdleBytes, BytesPerUnit: p.BytesPerUnit,
		Seed: s.Env.Plan.Seed ^ crc64.Checksum([]byte(name), crc64.MakeTable(crc64.ECMA)),
	})
	return s.services[name], nil
}

// tick steps the model until now, however late that is, and returns how much of the demand's time
// has passed.
func (d *demander) tick(due time.Duration) (passed time.Duration) {
	ready := d.ready()
	now := d.Clock.Now()
	passed = time.Duration(now - d.began)
	pods := make([]service.Pod, len(ready))
	for i, p := range ready {
		pods[i] = service.Pod{UID: p.UID, Since: time.Duration(p.Since)}
	}
	at := min(passed, d.demand.Duration)
	offered := service.Amount(d.demand.Rate * pace.Integral(d.shape, at))
	result := d.model.Step(time.Duration(d.last), time.Duration(now), offered-d.offered, pods)
	d.tell(result.Pods)
	d.count(now, result)
	d.books = books{offered, d.books.served + result.Served, d.books.lost + result.Lost, result.Queue}
	d.recorder.record(now, tickRecord{
		length: time.Duration(now - d.last), late: passed - due, result: result, lost: d.books.lost, ready: len(ready),
		demand: d.demand.Rate * pace.Factor(d.shape, at), options: d.model.Options(),
	})
	d.last, d.offered = now, offered
	return passed
}

// tell says what the pods use, of those for which that has changed.
func (d *demander) tell(pods []service.Share) {
	if d.Usage == nil {
		return
	}
	told := make(map[string]usage.Usage, len(pods))
	for _, p := range pods {
		told[p.UID] = p.Usage
		if before, known := d.told[p.UID]; !known || before != p.Usage {
			d.Usage.Use(p.UID, p.Usage)
		}
	}
	for uid := range d.told {
		if _, there := told[uid]; !there { // Not Ready any more; if it is gone, this is ignored.
			d.Usage.Use(uid, d.model.Options().Idle())
		}
	}
	d.told = told
}

// count says what the service has done until now.
func (d *demander) count(now sample.Offset, r service.Result) {
	if d.Values == nil {
		return
	}
	served := make(map[string]float64, len(r.Pods))
	for _, p := range r.Pods {
		served[p.UID] = p.Served.Float()
	}
	d.Values.Count(d.demand.Service, d.Clock.Start().Add(time.Duration(now)),
		values.Work{Offered: r.Offered.Float(), Served: served, Waiting: r.Queue.Float()})
}

// end gives up what waits, however the demand has ended, and lets the pods be idle.
func (d *demander) end() {
	now := d.Clock.Now()
	if d.Values != nil {
		d.Values.Rest(d.demand.Service)
	}
	d.recorder.finish(now, d.model.Abandon(time.Duration(d.last)))
	if d.Usage == nil {
		return
	}
	for uid := range d.told {
		d.Usage.Use(uid, d.model.Options().Idle())
	}
}
