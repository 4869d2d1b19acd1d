package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubedyno/kubedyno/runner/load"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// How long it may take until the API server has taken a new role up, which its authorizer
// learns by a watch.
const (
	grantLimit    = 20 * time.Second
	grantInterval = 100 * time.Millisecond
)

// grantName names what lets the load's users of that name do what they do: a cluster role, its
// binding, and the group that it is bound to, which only requests of this load are sent with.
func (s Step) grantName(user string) string {
	index := slices.IndexFunc(s.Plan.Action.Load.Users, func(u spec.Users) bool { return u.Name == user })
	return fmt.Sprintf("kubedyno-%s-%s-%d", s.Run, loadName(s.Phase, s.Plan.Name), index)
}

// users returns the users that a class is sent as; nil if the class names none.
func (s Step) users(a *spec.Load, name string) *load.Users {
	for _, u := range a.Users {
		if u.Name != name {
			continue
		}
		groups := append(slices.Clone(u.Groups), s.grantName(name))
		return &load.Users{Name: u.Name, Count: u.Count, Groups: append(groups, accountGroups(name)...)}
	}
	return nil
}

// accountGroups are the groups of a service account, none of any other user. With impersonation,
// the API server adds them only if no group is told.
func accountGroups(user string) []string {
	account, ok := strings.CutPrefix(user, "system:serviceaccount:")
	namespace, name, whole := strings.Cut(account, ":")
	if !ok || !whole || namespace == "" || name == "" {
		return nil
	}
	return []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace}
}

// grant lets the users of a load do what its classes do, and no more, and returns what takes it
// away again. After a crash the run's label leads Cleanup to what is left.
func (s Step) grant(ctx context.Context, a *spec.Load, classes []load.Class) (revoke func(context.Context) error, err error) {
	revoke = func(ctx context.Context) error { return s.revoke(ctx, a) }
	for _, u := range a.Users {
		if err := s.grantUsers(ctx, u, rules(classes, u.Name)); err != nil {
			return revoke, errors.Join(fmt.Errorf("let the users %s do what their requests need: %w", u.Name, err),
				revoke(context.WithoutCancel(ctx)))
		}
	}
	return revoke, nil
}

// rules are what the requests of users with that name need.
func rules(classes []load.Class, user string) []rbacv1.PolicyRule {
	var all []rbacv1.PolicyRule
	for _, c := range classes {
		if c.Users == nil || c.Users.Name != user {
			continue
		}
		resource, verb := c.Resource.Resource, c.Verb
		if c.Subresource != "" {
			resource += "/" + c.Subresource
		}
		switch {
		case verb == load.Apply:
			verb = load.Patch
		case c.Mode == load.WatchList:
			verb = load.Watch
		}
		all = append(all, rbacv1.PolicyRule{APIGroups: []string{c.Resource.Group}, Resources: []string{resource}, Verbs: []string{verb}})
	}
	return all
}

// grantUsers makes the role and its binding and waits until the API server goes by them.
func (s Step) grantUsers(ctx context.Context, u spec.Users, rules []rbacv1.PolicyRule) error {
	name := s.grantName(u.Name)
	own := metav1.ObjectMeta{Name: name, Labels: map[string]string{RunLabel: s.Run}}
	role := &rbacv1.ClusterRole{ObjectMeta: own, Rules: rules}
	if _, err := s.Client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create the cluster role %s: %w", name, err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: own,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}},
	}
	if _, err := s.Client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("bind the cluster role %s: %w", name, err)
	}
	return s.untilGranted(ctx, u.Name, name, rules[0])
}

// untilGranted waits until the API server lets a member of the group do what a rule says. The
// other rules are of the same role.
func (s Step) untilGranted(ctx context.Context, user, group string, rule rbacv1.PolicyRule) error {
	attributes := &authorizationv1.ResourceAttributes{
		Namespace: s.Namespace, Verb: rule.Verbs[0], Group: rule.APIGroups[0],
	}
	attributes.Resource, attributes.Subresource, _ = strings.Cut(rule.Resources[0], "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user, Groups: []string{group}, ResourceAttributes: attributes,
	}}
	err := wait.PollUntilContextTimeout(ctx, grantInterval, grantLimit, true, func(ctx context.Context) (bool, error) {
		answer, err := s.Client.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil {
			return false, err
		}
		return answer.Status.Allowed, nil
	})
	if err != nil {
		return fmt.Errorf("wait until the API server goes by the cluster role %s: %w", group, err)
	}
	return nil
}

// revoke removes what grant has made.
func (s Step) revoke(ctx context.Context, a *spec.Load) error {
	ctx, cancel := context.WithTimeout(ctx, grantLimit)
	defer cancel()
	var faults []error
	for _, u := range a.Users {
		name := s.grantName(u.Name)
		for _, err := range []error{
			s.Client.RbacV1().ClusterRoleBindings().Delete(ctx, name, metav1.DeleteOptions{}),
			s.Client.RbacV1().ClusterRoles().Delete(ctx, name, metav1.DeleteOptions{}),
		} {
			if err != nil && !apierrors.IsNotFound(err) {
				faults = append(faults, fmt.Errorf("take away the role %s: %w", name, err))
			}
		}
	}
	return errors.Join(faults...)
}
