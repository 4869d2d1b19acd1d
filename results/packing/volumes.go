package packing

import (
	"regexp"
	"strings"
)

// claimNamed is how the scheduler names a claim that is in a pod's way; the name would tell pods with the
// same reason apart.
var claimNamed = regexp.MustCompile(`persistentvolumeclaim "[^"]*"`)

// volumeWords are what the scheduler's reasons have in them that are about volumes
// (k8s.io/kubernetes, pkg/scheduler/framework/plugins: nodevolumelimits, volumebinding, volumezone and
// volumerestrictions).
var volumeWords = []string{
	"exceed max volume count", "volume node affinity conflict", "match PersistentVolume's node affinity",
	"find available persistent volumes", "unbound immediate PersistentVolumeClaims", "enough free storage",
	"non-existent pv(s)", "no available volume zone", "no available disk", "ReadWriteOncePod", "persistentvolumeclaim",
	"driver is not installed",
}

// VolumeReasons returns those of the reasons for which a pod is pending that are about volumes, as Reason
// has them; none if there are none.
func VolumeReasons(message string) []string {
	if message == "" {
		return nil
	}
	var found []string
	for reason := range strings.SplitSeq(Reason(claimNamed.ReplaceAllString(message, "persistentvolumeclaim")), ", ") {
		for _, words := range volumeWords {
			if strings.Contains(reason, words) {
				found = append(found, reason)
				break
			}
		}
	}
	return found
}
