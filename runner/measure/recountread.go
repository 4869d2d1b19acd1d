package measure

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/scenarios/evaluator"
)

// countNamespace gives the objects of a namespace to the tallies of its quotas. What cannot be read is
// not counted; the error is that of a context that has ended.
func (r *Recount) countNamespace(ctx context.Context, namespace string, tallies []*evaluator.Tally) error {
	asked := map[schema.GroupResource][]*evaluator.Tally{}
	for _, tally := range tallies {
		for _, of := range tally.Asks() {
			asked[of] = append(asked[of], tally)
		}
	}
	for of, tallies := range asked {
		err := r.count(ctx, namespace, of, tallies)
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("list %s of %s: %w", of, namespace, cause)
		}
		reason := unread
		switch {
		case err == nil:
			continue
		case errors.Is(err, errTooMany):
			reason = tooMany
		case meta.IsNoMatchError(err):
			reason = evaluator.Unknown
		}
		for _, tally := range tallies {
			tally.Forget(of, reason)
		}
	}
	return nil
}

var errTooMany = errors.New("there are too many")

// count gives the objects of one resource in a namespace to tallies.
func (r *Recount) count(ctx context.Context, namespace string, of schema.GroupResource, tallies []*evaluator.Tally) error {
	switch of {
	case evaluator.Pods:
		return pages(ctx, r.typed.CoreV1().Pods(namespace).List, func(list *corev1.PodList) int {
			each(list.Items, tallies, (*evaluator.Tally).Pod)
			return len(list.Items)
		})
	case evaluator.Services:
		return pages(ctx, r.typed.CoreV1().Services(namespace).List, func(list *corev1.ServiceList) int {
			each(list.Items, tallies, (*evaluator.Tally).Service)
			return len(list.Items)
		})
	case evaluator.Claims:
		return pages(ctx, r.typed.CoreV1().PersistentVolumeClaims(namespace).List, func(list *corev1.PersistentVolumeClaimList) int {
			each(list.Items, tallies, (*evaluator.Tally).Claim)
			return len(list.Items)
		})
	case evaluator.DeviceClaims:
		return pages(ctx, r.typed.ResourceV1().ResourceClaims(namespace).List, func(list *resourcev1.ResourceClaimList) int {
			each(list.Items, tallies, (*evaluator.Tally).DeviceClaim)
			return len(list.Items)
		})
	}
	resource, err := r.options.Mapper.ResourceForWithContext(ctx, of.WithVersion(""))
	if err != nil {
		return fmt.Errorf("ask the API server for %s: %w", of, err)
	}
	total := 0
	err = pages(ctx, r.objects.Resource(resource).Namespace(namespace).List, func(list *metav1.PartialObjectMetadataList) int {
		total += len(list.Items)
		return len(list.Items)
	})
	for _, tally := range tallies {
		tally.Objects(of, int64(total))
	}
	return err
}

// each gives every object to every tally.
func each[T any](objects []T, tallies []*evaluator.Tally, count func(*evaluator.Tally, *T)) {
	for i := range objects {
		for _, tally := range tallies {
			count(tally, &objects[i])
		}
	}
}

// pages reads a list page by page, all of it at one revision, and gives every page to take, which
// returns how many objects it has.
func pages[L runtime.Object](ctx context.Context, read func(context.Context, metav1.ListOptions) (L, error), take func(L) int) error {
	options := metav1.ListOptions{Limit: recountPage}
	for total := 0; total <= recountMost; {
		page, err := read(ctx, options)
		if err != nil {
			return err
		}
		total += take(page)
		list, err := meta.ListAccessor(page)
		if err != nil {
			return err
		}
		if options.Continue = list.GetContinue(); options.Continue == "" {
			return nil
		}
	}
	return errTooMany
}
