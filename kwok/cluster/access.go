package cluster

import (
	"context"
	"fmt"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// accessLimit bounds the creation of the bindings below; right after its start an API server
// may still answer that the RBAC storage is not there yet.
const accessLimit = 20 * time.Second

// kwokRules is what kwok needs, and no more.
var kwokRules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Resources: []string{"nodes", "pods"},
		Verbs: []string{"get", "list", "watch", "update", "patch", "delete"}},
	{APIGroups: []string{""}, Resources: []string{"nodes/status", "pods/status"}, Verbs: []string{"update", "patch"}},
	{APIGroups: []string{"", "events.k8s.io"}, Resources: []string{"events"}, Verbs: []string{"create", "update", "patch"}},
	{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"},
		Verbs: []string{"get", "list", "watch", "create", "update", "patch", "delete"}},
}

// grantAccess gives the harness, kwok and the aggregated components their roles and returns when they
// are in force.
func (c *Cluster) grantAccess(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfigOf("admin"))
	if err != nil {
		return err
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: kwokUser}, Rules: kwokRules}
	return c.untilGranted(ctx, func(ctx context.Context) error {
		if _, err := client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); failed(err) {
			return fmt.Errorf("create the cluster role %s: %w", role.Name, err)
		}
		for user, role := range map[string]string{harnessUser: "cluster-admin", kwokUser: kwokUser} {
			binding := clusterRoleBinding(user, role)
			if _, err := client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); failed(err) {
				return fmt.Errorf("bind %s to the cluster role %s: %w", user, role, err)
			}
		}
		for _, a := range aggregatedComponents {
			if err := grantAggregated(ctx, client, a); err != nil {
				return err
			}
		}
		return inForce(ctx, client)
	})
}

// inForce returns an error until the API server knows the bindings, which is a moment after it took
// them. A component that asks for a user's rights before that remembers for 10 s that there are none.
func inForce(ctx context.Context, client kubernetes.Interface) error {
	reviews := []authorizationv1.SubjectAccessReviewSpec{
		{User: harnessUser, NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: "get", Path: "/metrics"}},
		{User: kwokUser, ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "nodes"}},
	}
	for _, a := range aggregatedComponents {
		reviews = append(reviews, authorizationv1.SubjectAccessReviewSpec{
			User: a.user, ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "pods"},
		})
	}
	for _, spec := range reviews {
		if err := userMay(ctx, client, spec); err != nil {
			return err
		}
	}
	return nil
}

// userMay returns an error unless a user has a right.
func userMay(ctx context.Context, client kubernetes.Interface, spec authorizationv1.SubjectAccessReviewSpec) error {
	review := &authorizationv1.SubjectAccessReview{Spec: spec}
	answer, err := client.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("ask for the rights of %s: %w", spec.User, err)
	}
	if !answer.Status.Allowed {
		return fmt.Errorf("the rights of %s are not in force yet", spec.User)
	}
	return nil
}

func (c *Cluster) untilGranted(ctx context.Context, grant func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, readyInterval, accessLimit, true, func(ctx context.Context) (bool, error) {
		last = grant(ctx)
		return last == nil, nil
	})
	if err != nil && last != nil {
		return last
	}
	return err
}

func failed(err error) bool { return err != nil && !apierrors.IsAlreadyExists(err) }

func clusterRoleBinding(user, role string) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
}
