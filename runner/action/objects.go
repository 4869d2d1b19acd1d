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

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// create creates a workload's objects.
func (s Step) create(ctx context.Context, a *spec.Create) (string, error) {
	t, err := s.target(a.Workload)
	if err != nil {
		return "", err
	}
	began := time.Now()
	progress := s.progress(t.workload.Count)
	err = each(ctx, t.workload.Count, a.Rate, func(ctx context.Context, i int) error {
		object := s.object(t, i)
		if err := s.ensureNamespace(ctx, object.GetNamespace()); err != nil {
			return err
		}
		if err := s.createOne(ctx, t, object); err != nil {
			return fmt.Errorf("create %s: %w", describe(object), err)
		}
		progress.add()
		return nil
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d created in %.1f s", t.workload.Count, time.Since(began).Seconds()), nil
}

// createOne creates an object. The start-up clock of a pod that the harness itself creates
// begins here.
func (s Step) createOne(ctx context.Context, t *target, object *unstructured.Unstructured) error {
	if t.workload.Kind == "Pod" {
		s.notePod(object.GetNamespace(), object.GetName(), s.Clock.Now())
	}
	_, err := s.resource(t, object.GetNamespace()).Create(ctx, object, metav1.CreateOptions{})
	return err
}

// wait waits, on the watch, until a workload has reached a state.
func (s Step) wait(ctx context.Context, a *spec.Wait) (string, error) {
	t, err := s.target(a.Workload)
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
		return "", fmt.Errorf("wait for workload %s to be %s: %w", a.Workload, a.For, err)
	}
	return fmt.Sprintf("after %.1f s", time.Since(began).Seconds()), nil
}

// waitReady waits until every object's controller says that it is complete, and every pod of
// the workload is seen Ready.
func (s Step) waitReady(ctx context.Context, t *target) error {
	if err := t.objects.WaitComplete(ctx, t.workload.Count, s.progress(t.workload.Count).set); err != nil {
		return err
	}
	return s.waitPods(ctx, t)
}

// waitPods waits until the watch has shown as many Ready pods as the workload asks for. Those
// of a Job end by themselves.
func (s Step) waitPods(ctx context.Context, t *target) error {
	want := t.workload.Count * t.podsEach
	if want == 0 || t.workload.Kind == "Job" {
		return nil
	}
	return s.Pods.WaitReady(ctx, t.workload.Name, want, s.progress(want).set)
}

func (s Step) waitDeleted(ctx context.Context, t *target) error {
	if err := t.objects.WaitGone(ctx, s.progress(t.workload.Count).set); err != nil {
		return err
	}
	return s.Pods.WaitGone(ctx, t.workload.Name, s.progress(0).set)
}

// scale sets the replicas of a workload's objects; waiting is another action's matter.
func (s Step) scale(ctx context.Context, a *spec.Scale) (string, error) {
	t, err := s.target(a.Workload)
	if err != nil {
		return "", err
	}
	patch := map[string]any{"spec": map[string]any{"replicas": a.Replicas}}
	if err := s.patchAll(ctx, t, patch, a.Rate, func(string, int64) {}); err != nil {
		return "", err
	}
	t.podsEach = a.Replicas
	return fmt.Sprintf("%d objects to %d replicas", t.workload.Count, a.Replicas), nil
}

// rollout patches a workload's objects and waits until every rollout is complete.
func (s Step) rollout(ctx context.Context, a *spec.Rollout) (string, error) {
	t, err := s.target(a.Workload)
	if err != nil {
		return "", err
	}
	began := time.Now()
	rollout := t.objects.NewRollout()
	defer rollout.Finish(a.Workload, s.Phase)
	acknowledged := func(name string, generation int64) { rollout.Acked(name, generation, s.Clock.Now()) }
	if err := s.patchAll(ctx, t, a.Patch, a.Rate, acknowledged); err != nil {
		return "", err
	}
	total := t.workload.Count
	if err := rollout.Wait(ctx, total, s.progress(total).set); err != nil {
		return "", fmt.Errorf("wait for the rollout of workload %s: %w", a.Workload, err)
	}
	if err := s.waitPods(ctx, t); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d rollouts complete after %.1f s", total, time.Since(began).Seconds()), nil
}

// patchAll sends a merge patch to every object of a workload and calls acknowledged with each
// object's name and new generation.
func (s Step) patchAll(ctx context.Context, t *target, patch map[string]any, rate float64, acknowledged func(string, int64)) error {
	body, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("encode the patch: %w", err)
	}
	return each(ctx, t.workload.Count, rate, func(ctx context.Context, i int) error {
		object := s.object(t, i)
		client := s.resource(t, object.GetNamespace())
		patched, err := client.Patch(ctx, object.GetName(), types.MergePatchType, body, metav1.PatchOptions{})
		if err != nil {
			return fmt.Errorf("patch %s: %w", describe(object), err)
		}
		acknowledged(patched.GetName(), patched.GetGeneration())
		return nil
	})
}

// delete deletes a workload's objects and waits until they and their pods are gone.
func (s Step) delete(ctx context.Context, a *spec.Delete) (string, error) {
	t, err := s.target(a.Workload)
	if err != nil {
		return "", err
	}
	began := time.Now()
	background := metav1.DeletePropagationBackground
	err = each(ctx, t.workload.Count, a.Rate, func(ctx context.Context, i int) error {
		object := s.object(t, i)
		err := s.resource(t, object.GetNamespace()).
			Delete(ctx, object.GetName(), metav1.DeleteOptions{PropagationPolicy: &background})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete %s: %w", describe(object), err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if err := s.waitDeleted(ctx, t); err != nil {
		return "", fmt.Errorf("wait for workload %s to be gone: %w", a.Workload, err)
	}
	return fmt.Sprintf("%d and their pods gone after %.1f s", t.workload.Count, time.Since(began).Seconds()), nil
}
