package cluster

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// metricsRules is what metrics-server and the metrics adapter need to know: which nodes and which
// pods there are. They need no right to read the metrics of nodes: fake nodes ask for none.
var metricsRules = map[Component][]rbacv1.PolicyRule{
	MetricsServer:  {{APIGroups: []string{""}, Resources: []string{"nodes", "pods"}, Verbs: []string{"list", "watch"}}},
	MetricsAdapter: {{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list", "watch"}}},
}

// grantAggregated gives an aggregated component its rights: metricsRules, to ask the API server who
// its callers are and what they may, and to read by which authority the API server vouches for them.
func grantAggregated(ctx context.Context, client kubernetes.Interface, a aggregated) error {
	own := "kubedyno:" + a.name() // Its role; also what its bindings begin with.
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: own}, Rules: metricsRules[a.component]}
	if _, err := client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); failed(err) {
		return fmt.Errorf("create the cluster role %s: %w", role.Name, err)
	}
	for name, role := range map[string]string{own: own, own + ":auth-delegator": "system:auth-delegator"} {
		binding := clusterRoleBinding(a.user, role)
		binding.Name = name
		if _, err := client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); failed(err) {
			return fmt.Errorf("bind %s to the cluster role %s: %w", a.user, role, err)
		}
	}
	const reader = "extension-apiserver-authentication-reader"
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: own + ":auth-reader", Namespace: metricsNamespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: reader},
		Subjects:   clusterRoleBinding(a.user, "").Subjects,
	}
	if _, err := client.RbacV1().RoleBindings(metricsNamespace).Create(ctx, binding, metav1.CreateOptions{}); failed(err) {
		return fmt.Errorf("bind %s to the role %s: %w", a.user, reader, err)
	}
	return nil
}
