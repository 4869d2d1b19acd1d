package bundle

// Update is how the objects of a workload are updated.
type Update struct {
	Workload string `json:"workload"`
	Kind     string `json:"kind"`
	Strategy string `json:"strategy"` // RollingUpdate, Recreate or OnDelete.
	Objects  int    `json:"objects"`
	// Unavailable and Surge are how many pods of each object the strategy allows to lack and to
	// be too many, with percentages resolved as its controller does.
	Unavailable int `json:"unavailable"`
	Surge       int `json:"surge"`
	// UnavailablePercent and SurgePercent are what one Deployment's strategy states as percentages,
	// which follow its replicas; 0 where it states numbers.
	UnavailablePercent int    `json:"unavailablePercent,omitempty"`
	SurgePercent       int    `json:"surgePercent,omitempty"`
	Needs              []Need `json:"needs,omitempty"`
	// Forecast is "never", "stuck" or "crowded" (while an autoscaler asks for many pods) or "delayed" if the plan
	// foresaw that a quota is in the way of a rollout.
	Forecast string `json:"forecast,omitempty"`
	// Forecasts are those of its rollouts by phase, without the phases in which none is in the way.
	Forecasts map[string]string `json:"forecasts,omitempty"`
}

// What the plan foresees of a rollout under quotas, but for "", that nothing is in the way.
const (
	Never   = "never"   // It is never complete.
	Stuck   = "stuck"   // It is not complete while an autoscaler asks for many pods.
	Delayed = "delayed" // Attempts to make pods are refused.
	Crowded = "crowded" // Attempts to make pods are refused while an autoscaler asks for many pods.
)

// Need is what a pod of a workload takes of a ResourceQuota's resource, in base units.
type Need struct {
	Quota    string  `json:"quota"` // Its label in the metrics.
	Resource string  `json:"resource"`
	Hard     float64 `json:"hard"` // What the quota allows.
	Each     float64 `json:"each"` // Above 0.
}
