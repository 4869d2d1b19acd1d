package spec

// VolumeClaims returns how many claims for volumes each pod of a manifest has: those that are made for the
// pod (volumeClaimTemplates of a StatefulSet, ephemeral volumes), and those that it names and somebody else
// makes.
func VolumeClaims(manifest map[string]any) (made, named int) {
	templates, _ := Lookup(manifest, "spec", "volumeClaimTemplates").([]any)
	made = len(templates)
	for _, path := range [][]string{{"spec", "volumes"}, {"spec", "template", "spec", "volumes"}} {
		volumes, _ := Lookup(manifest, path...).([]any)
		for _, volume := range volumes {
			volume, _ := volume.(map[string]any)
			switch {
			case volume["ephemeral"] != nil:
				made++
			case volume["persistentVolumeClaim"] != nil:
				named++
			}
		}
	}
	return made, named
}

// AsksForVolumes reports whether a manifest is of a claim for a volume, or of pods that have such claims.
func AsksForVolumes(manifest map[string]any) bool {
	made, named := VolumeClaims(manifest)
	return manifest["kind"] == "PersistentVolumeClaim" || made+named > 0
}

// createdBy names the workload that an action creates; "" if it creates none.
func createdBy(a Action) string {
	if a.Create == nil {
		return ""
	}
	return a.Create.Workload
}
