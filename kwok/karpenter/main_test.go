package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/manager"
)

func TestDefinitionsAreThoseOfTheKindsThatScenariosUse(t *testing.T) {
	var text strings.Builder
	if err := writeDefinitions(&text); err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal([]byte(text.String()), &all); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range all {
		if one.Kind != "CustomResourceDefinition" {
			t.Errorf("%s is a %s", one.Metadata.Name, one.Kind)
		}
		names = append(names, one.Metadata.Name)
	}
	for _, want := range []string{"nodepools.karpenter.sh", "nodeclaims.karpenter.sh", "kwoknodeclasses.karpenter.kwok.sh"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing from %v", want, names)
		}
	}
}

func TestNothingListensOutsideOfLoopback(t *testing.T) {
	for _, address := range []string{":8081", "0.0.0.0:8081", "[::]:8081"} {
		o := manager.Options{HealthProbeBindAddress: address}
		o.Metrics.BindAddress = ":8080"
		if o = loopback(o); o.HealthProbeBindAddress != "127.0.0.1:8081" || o.Metrics.BindAddress != "0" {
			t.Errorf("%s: health at %s, metrics at %s", address, o.HealthProbeBindAddress, o.Metrics.BindAddress)
		}
	}
}
