package load

import (
	"context"
	"net/http"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"

	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// maxFlowAnswer is how many bytes the list of flow schemas may have. A new cluster has 13 of some
// 1.5 KB each.
const maxFlowAnswer = 8 << 20

// unknownFlow stands for flow schemas that the load could not look up.
const unknownFlow = "unknown"

// A flow is the way that priority and fairness sent a request.
type flow struct{ schema, level string }

// lookUpFlows finds out the names of the flow schemas, as answers tell UIDs alone. Whoever may not
// list them can send a load all the same; its answers count as of an unknown one.
func (a *Attack) lookUpFlows(ctx context.Context) error {
	address, err := wire.ServerURL(a.options.Config, flowcontrolv1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	flows := address.JoinPath("flowschemas")
	return a.withClient(ctx, func(ctx context.Context, c *http.Client) error {
		var list flowcontrolv1.FlowSchemaList
		_ = wire.Persist(ctx, func() (bool, error) {
			return wire.ReadJSON(ctx, c, flows.String(), jsonType, maxFlowAnswer, &list)
		})
		names := make(map[string]flow, len(list.Items))
		for _, schema := range list.Items {
			names[string(schema.UID)] = flow{schema.Name, schema.Spec.PriorityLevelConfiguration.Name}
		}
		for _, t := range a.targeters {
			t.flows = names
		}
		return ctx.Err()
	})
}

// flowOf returns the flow that an answer came by; false if it says none, as where priority and
// fairness is off.
func (t *targeter) flowOf(header http.Header) (flow, bool) {
	uid := header.Get(flowcontrolv1.ResponseHeaderMatchedFlowSchemaUID)
	if uid == "" {
		return flow{}, false
	}
	if f, known := t.flows[uid]; known {
		return f, true
	}
	return flow{unknownFlow, unknownFlow}, true
}
