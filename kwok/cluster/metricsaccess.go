package cluster

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// metricsRole is the cluster role of metrics-server; also what its bindings begin with.
const metricsRole = "kubedyno:metrics-server"

// metricsRules is what metrics-server needs to know which nodes and pods there are. It needs no right
// to read the metrics of nodes: fake nodes ask for none.
var metricsRules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Resources: []string{"nodes", "pods"}, Verbs: []string{"list", "watch"}},
}

// grantMetricsServer gives metrics-server its rights: metricsRules, to ask the API server who its
// callers are and what they may, and to read by which authority the API server vouches for them.
func grantMetricsServer(ctx context.Context, client kubernetes.Interface) error {
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: metricsRole}, Rules: metricsRules}
	if _, err := client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); failed(err) {
		return fmt.Errorf("create the cluster role %s: %w", role.Name, err)
	}
	for name, role := range map[string]string{metricsRole: metricsRole, metricsRole + ":auth-delegator": "system:auth-delegator"} {
		binding := clusterRoleBinding(metricsUser, role)
		binding.Name = name
		if _, err := client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); failed(err) {
			return fmt.Errorf("bind %s to the cluster role %s: %w", metricsUser, role, err)
		}
	}
	const reader = "extension-apiserver-authentication-reader"
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: metricsRole + ":auth-reader", Namespace: metricsNamespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: reader},
		Subjects:   clusterRoleBinding(metricsUser, "").Subjects,
	}
	if _, err := client.RbacV1().RoleBindings(metricsNamespace).Create(ctx, binding, metav1.CreateOptions{}); failed(err) {
		return fmt.Errorf("bind %s to the role %s: %w", metricsUser, reader, err)
	}
	return nil
}
