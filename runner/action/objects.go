package action

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A write is one request about an object of a target, which is due at a time.
type write func(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, due time.Time) error

// writeAll sends a write for every object of a target that the step is about, at a rate, and
// tells the progress.
func (s Step) writeAll(ctx context.Context, t *target, rate float64, verb string, do write) error {
	progress := s.progress(s.size())
	return each(ctx, s.size(), rate, func(ctx context.Context, c call) error {
		object, err := s.object(t, s.Plan.From+c.index)
		if err != nil {
			return err
		}
		if err := do(ctx, s.resource(t, object), object, c.due); err != nil {
			return fmt.Errorf("%s %s: %w", verb, describe(object), err)
		}
		progress.add()
		return nil
	})
}

// size is how many objects or nodes the step is about.
func (s Step) size() int { return s.Plan.Until - s.Plan.From }

// create creates a workload's objects. The start-up clock of a pod that the harness itself
// creates begins when the creation was due, so that a schedule that is not kept counts.
func (s Step) create(ctx context.Context, a *spec.Create) (string, error) {
	t, err := s.target(ctx, a.Workload)
	if err != nil {
		return "", err
	}
	if err := s.ensureNamespaces(ctx, t); err != nil {
		return "", err
	}
	began := time.Now()
	err = s.writeAll(ctx, t, a.Rate, "create", func(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, due time.Time) error {
		if t.workload.Kind == "Pod" {
			s.sent.note(object.GetNamespace(), object.GetName(), measure.Creation{Intended: s.Clock.At(due), Sent: s.Clock.Now()})
		}
		answer, err := client.Create(ctx, object, metav1.CreateOptions{})
		if a.Refused == "count" && apierrors.IsForbidden(err) {
			s.sent.take(object.GetNamespace(), object.GetName())
			t.refused.add(measure.ReasonOf(err.Error()))
			return nil
		}
		if err == nil {
			s.sent.acknowledge(object.GetNamespace(), object.GetName(), s.Clock.Now())
			t.objects.Acknowledged(answer)
			if s.HPAs != nil && t.workload.IsAutoscaler() {
				s.HPAs.Created(answer.GetUID())
			}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	words := fmt.Sprintf("%d created in %.1f s", s.size(), time.Since(began).Seconds())
	if a.Refused == "count" {
		words = s.recordRefused(t, words)
	}
	if t.mapping.Resource.GroupResource() == definitions {
		err = s.untilServed(ctx, t)
	}
	return words, err
}

// wait waits, on the watch, until a workload has reached a state.
func (s Step) wait(ctx context.Context, a *spec.Wait) (string, error) {
	t, err := s.target(ctx, a.Workload)
	if err != nil {
		return "", err
	}
	began := time.Now()
	if a.For == "deleted" {
		err = s.waitDeleted(ctx, t)
	} else {
		err = s.waitReady(ctx, t)
	}
	if err != nil {
		return "", fmt.Errorf("workload %s is not %s: %w", a.Workload, a.For, err)
	}
	return fmt.Sprintf("after %.1f s", time.Since(began).Seconds()), nil
}

// waitReady waits until every object's controller says that it is complete, and every pod of
// the workload is seen Ready.
func (s Step) waitReady(ctx context.Context, t *target) error {
	want := s.Plan.Until - t.refused.total()
	if err := t.objects.WaitComplete(ctx, want, s.progress(want).set); err != nil {
		return err
	}
	return s.waitPods(ctx, t)
}

// waitPods waits until the watch has shown as many Ready pods as the objects ask for.
func (s Step) waitPods(ctx context.Context, t *target) error {
	return s.Pods.WaitReady(ctx, t.workload.Name, t.objects.PodsWanted, s.progress(t.objects.PodsWanted()).set)
}

func (s Step) waitDeleted(ctx context.Context, t *target) error {
	if err := t.objects.WaitGone(ctx, s.progress(0).set); err != nil {
		return err
	}
	return s.Pods.WaitGone(ctx, t.workload.Name, s.progress(0).set)
}

// scale sets the replicas of a workload's objects; waiting is another action's matter.
func (s Step) scale(ctx context.Context, a *spec.Scale) (string, error) {
	t, err := s.target(ctx, a.Workload)
	if err != nil {
		return "", err
	}
	patch := map[string]any{"spec": map[string]any{"replicas": a.Replicas}}
	if err := s.patchAll(ctx, t, patch, a.Rate, func(*unstructured.Unstructured) {}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d objects to %d replicas", s.size(), a.Replicas), nil
}

// patch changes a workload's objects; waiting is another action's matter.
func (s Step) patch(ctx context.Context, a *spec.Patch) (string, error) {
	t, err := s.target(ctx, a.Workload)
	if err != nil {
		return "", err
	}
	if err := s.patchAll(ctx, t, a.Patch, a.Rate, func(*unstructured.Unstructured) {}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d objects", s.size()), nil
}

// rollout patches a workload's objects and waits until every rollout is complete.
func (s Step) rollout(ctx context.Context, a *spec.Rollout) (string, error) {
	t, err := s.target(ctx, a.Workload)
	if err != nil {
		return "", err
	}
	began := time.Now()
	rollout := t.objects.NewRollout()
	defer rollout.Finish(a.Workload, s.Phase)
	acknowledged := func(answer *unstructured.Unstructured) {
		rollout.Acked(answer.GetName(), answer.GetGeneration(), s.Clock.Now())
	}
	if err := s.patchAll(ctx, t, a.Patch, a.Rate, acknowledged); err != nil {
		return "", err
	}
	waiting, cancel := patience(ctx, a.GiveUp)
	defer cancel()
	total := s.size()
	err = rollout.Wait(waiting, total, s.progress(total).set)
	if err == nil {
		err = s.waitPods(waiting, t)
	}
	switch {
	case err == nil:
		return fmt.Sprintf("%d rollouts complete after %.1f s", total, time.Since(began).Seconds()), nil
	case ctx.Err() == nil && waiting.Err() != nil:
		complete, left := rollout.Finish(a.Workload, s.Phase)
		return fmt.Sprintf("given up after %s: %d of %d rollouts complete", a.GiveUp, complete, complete+left), nil
	}
	return "", err
}

// patience bounds a wait; 0 is no bound of its own.
func patience(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// patchAll sends a merge patch to every object of a workload and calls acknowledged with each
// answer, at once.
func (s Step) patchAll(ctx context.Context, t *target, patch map[string]any, rate float64, acknowledged func(*unstructured.Unstructured)) error {
	body, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("encode the patch: %w", err)
	}
	return s.writeAll(ctx, t, rate, "patch", func(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, _ time.Time) error {
		answer, err := client.Patch(ctx, object.GetName(), types.MergePatchType, body, metav1.PatchOptions{})
		if err == nil {
			acknowledged(answer)
			s.sent.acknowledge(object.GetNamespace(), object.GetName(), s.Clock.Now())
			t.objects.Acknowledged(answer)
		}
		return err
	})
}

// delete deletes a workload's objects and waits until they and their pods are gone.
func (s Step) delete(ctx context.Context, a *spec.Delete) (string, error) {
	t, err := s.target(ctx, a.Workload)
	if err != nil {
		return "", err
	}
	began := time.Now()
	background := metav1.DeletePropagationBackground
	err = s.writeAll(ctx, t, a.Rate, "delete", func(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, _ time.Time) error {
		err := client.Delete(ctx, object.GetName(), metav1.DeleteOptions{PropagationPolicy: &background})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if err := s.waitDeleted(ctx, t); err != nil {
		return "", fmt.Errorf("workload %s is not gone: %w", a.Workload, err)
	}
	return fmt.Sprintf("%d and their pods gone after %.1f s", s.size(), time.Since(began).Seconds()), nil
}
