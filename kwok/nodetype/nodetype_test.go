package nodetype

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func catalog(t testing.TB) Types {
	t.Helper()
	all, err := Catalog()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCatalogIsSound(t *testing.T) {
	all := catalog(t)
	if len(all) < 25 {
		t.Errorf("%d types, want 25 or more", len(all))
	}
	arms := map[string]int{}
	for _, k := range all {
		arms[k.Provider+" "+k.Arch]++
		if k.Source == "" || k.Date == "" || k.Region == "" || k.PricePerHour <= 0 && k.PerPod == nil || k.MaxPodsRule == "" || k.MaxPodsRule == "as stated" {
			t.Errorf("%s lacks a source, a date, a region, a price or a rule: %+v", k.Name, k)
		}
	}
	for _, want := range []string{"aws amd64", "aws arm64", "gcp amd64", "azure amd64", "azure arm64"} {
		if arms[want] == 0 {
			t.Errorf("there is no type of %s", want)
		}
	}
}

// TestCatalogAgainstTheTable compares what the formulas give with a table that was computed from the
// providers' documents by other means, which also holds numbers of pods and prices.
func TestCatalogAgainstTheTable(t *testing.T) {
	all := catalog(t)
	for _, want := range []struct {
		name            string
		pods            int
		milliCPU, mib   int64
		price           float64
		volumes, millis int
	}{
		{"t3.medium", 17, 1930, 3554, 0.0416, 25, 2000},
		{"t3.large", 35, 1930, 7452, 0.0832, 25, 2000},
		{"m6i.large", 29, 1930, 7518, 0.0960, 25, 2000},
		{"m6i.xlarge", 58, 3920, 15391, 0.1920, 25, 4000},
		{"m6i.2xlarge", 58, 7910, 31775, 0.3840, 25, 8000},
		{"m6i.4xlarge", 234, 15890, 62607, 0.7680, 25, 16000},
		{"m7i.xlarge", 58, 3920, 15391, 0.2016, 31, 4000},
		{"m7g.xlarge", 58, 3920, 15391, 0.1632, 31, 4000},
		{"c6i.2xlarge", 58, 7910, 15391, 0.3400, 25, 8000},
		{"c7g.2xlarge", 58, 7910, 15391, 0.2900, 31, 8000},
		{"r6i.xlarge", 58, 3920, 31775, 0.2520, 25, 4000},
		{"r6i.2xlarge", 58, 7910, 64543, 0.5040, 25, 8000},
		{"e2-standard-4", 110, 3920, 13621, 0.13402, 127, 4000},
		{"n2-standard-4", 110, 3920, 13621, 0.1942, 127, 4000},
		{"n2-standard-8", 110, 7910, 29022, 0.3885, 127, 8000},
		{"n2-highcpu-8", 110, 7910, 6248, 0.2868, 127, 8000},
		{"n2-highmem-4", 110, 3920, 29022, 0.2620, 127, 4000},
		{"c3-standard-8", 110, 7910, 29022, 0.41776, 0, 8000},
		{"B2s", 110, 1900, 2972, 0.0416, 4, 2000},
		{"D2s_v5", 110, 1900, 6044, 0.0960, 4, 2000},
		{"D4s_v5", 110, 3860, 14138, 0.1920, 8, 4000},
		{"D8s_v5", 110, 7820, 30522, 0.3840, 16, 8000},
		{"D4ps_v5", 110, 3860, 14138, 0.1540, 8, 4000},
		{"E8s_v5", 110, 7820, 63290, 0.5040, 16, 8000},
		{"F8s_v2", 110, 7820, 14138, 0.3380, 16, 8000},
	} {
		got, ok := all.Find(want.name)
		if !ok || got.MaxPods != want.pods || got.AllocatableMilliCPU != want.milliCPU || got.AllocatableMiB != want.mib ||
			got.PricePerHour != want.price || got.Volumes != want.volumes || got.VCPU*1000 != want.millis {
			t.Errorf("%s is %+v, want %+v", want.name, got, want)
		}
	}
}

func TestReservations(t *testing.T) {
	for _, c := range []struct {
		rule     Reservation
		vcpu     int
		memory   int64
		pods     int
		cpu, mib int64
	}{
		{EKS, 1, 2 * gib, 8, 940, 2048 - 255 - 88 - 100},
		{GKE, 1, gib / 2, 110, 940, 512 - 255 - 100},
		{GKE, 2, 1 * gib, 110, 1930, 768 - 100},
		// 60+10+10+2.5*60 = 230; 1024+819.2+819.2+6881.28+2%*128 GiB (2621.44) = 12165.12 MiB.
		{GKE, 64, 256 * gib, 110, 63770, 262144 - 12166 - 100},
		{AKS, 64, 256 * gib, 250, 63260, 257227}, // 5050 MB are 4816.06 MiB.
		{KarpenterKwok, 2, 4 * gib, 32, 1900, 4086},
		{Whole, 3, 5 * gib, 1, 3000, 5120},
	} {
		cpu, mib, err := c.rule.Allocatable(c.vcpu, c.memory, c.pods)
		if err != nil || cpu != c.cpu || mib != c.mib {
			t.Errorf("%s leaves %d and %d of %d vCPU and %d bytes (%v), want %d and %d", c.rule, cpu, mib, c.vcpu, c.memory, err, c.cpu, c.mib)
		}
	}
	for _, c := range []struct {
		rule Reservation
		vcpu int
		want string
	}{{AKS, 6, "not of 6: state allocatableCPU"}, {"oke", 4, `there is no rule "oke"`}} {
		if _, _, err := c.rule.Allocatable(c.vcpu, gib, 10); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %d vCPU: %v, want %q", c.rule, c.vcpu, err, c.want)
		}
	}
}

func TestNewRejects(t *testing.T) {
	good := Row{Name: "a", Provider: "p", Arch: "amd64", VCPU: 4, Memory: 16 * gib, MaxPods: 110, Reservation: GKE}
	if k, err := New(good); err != nil || k.AllocatableMilliCPU != 3920 || k.PricePerHour != 0 || k.MaxPodsRule != "as stated" {
		t.Fatalf("got %+v, %v", k, err)
	}
	for _, c := range []struct {
		change func(*Row)
		want   string
	}{
		{func(r *Row) { r.Name = "" }, "no name"},
		{func(r *Row) { r.Arch = "x86" }, `"x86"`},
		{func(r *Row) { r.VCPU = 0 }, "0 vCPU are outside"},
		{func(r *Row) { r.Memory = 1000 }, "0 MiB of memory"},
		{func(r *Row) { r.Memory = 300 * mib }, "keeps 355 of its 300 MiB of memory from pods"},
		{func(r *Row) { r.MaxPods = 511 }, "511 pods"},
		{func(r *Row) { r.MaxPods = 0 }, "0 pods"},
		{func(r *Row) { r.Interfaces = 3 }, "belong together"},
		{func(r *Row) { r.Interfaces, r.Addresses = 3, 10 }, "not both"},
		{func(r *Row) { r.PricePerHour = -1 }, "negative"},
		{func(r *Row) { r.PricePerHour, r.Region = 1, "here" }, "region and the date"},
		{func(r *Row) { r.PricePerHour, r.Date = 1, "2026-08" }, "region and the date"},
		{func(r *Row) { r.PricePerHour, r.SpotPerHour, r.Region, r.Date = 1, 2, "here", "2026-08" }, "spot price of 2"},
		{func(r *Row) { r.Reservation = "?" }, "no rule"},
		{func(r *Row) { r.Reservation, r.AllocatableMilliCPU, r.AllocatableBytes = Stated, 4001, gib }, "the 4001 millicores of CPU that are left to pods are more than the 4000 that it has"},
		{func(r *Row) { r.Reservation, r.AllocatableMilliCPU, r.AllocatableBytes = Stated, 4000, 17*gib }, "the 17408 MiB of memory that are left to pods are more than the 16384"},
	} {
		r := good
		c.change(&r)
		if _, err := New(r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", r, err, c.want)
		}
	}
}

func TestFilterAndSort(t *testing.T) {
	all := Types{{Name: "a", Provider: "p", Arch: "amd64", VCPU: 2, MemoryMiB: 8, AllocatableMilliCPU: 1900, PricePerHour: 3},
		{Name: "b", Provider: "q", Arch: "arm64", VCPU: 4, MemoryMiB: 16, AllocatableMilliCPU: 3900},
		{Name: "c", Provider: "p", Arch: "arm64", VCPU: 8, MemoryMiB: 4, AllocatableMilliCPU: 7900, PricePerHour: 2}}
	for _, c := range []struct {
		filter Filter
		by     string
		want   []string
	}{
		{Filter{}, "name", []string{"a", "b", "c"}},
		{Filter{}, "price", []string{"c", "a", "b"}},
		{Filter{}, "cpu-price", []string{"c", "a", "b"}},
		{Filter{}, "memory", []string{"a", "b", "c"}},
		{Filter{Provider: "p"}, "cpu", []string{"a", "c"}},
		{Filter{Arch: "arm64"}, "name", []string{"b", "c"}},
		{Filter{MinVCPU: 4, MinMemoryMiB: 5}, "name", []string{"b"}},
		{Filter{MaxPrice: 2.5}, "name", []string{"c"}},
		{Filter{Provider: "r"}, "name", []string{}},
	} {
		chosen := c.filter.Of(all)
		if err := Sort(chosen, c.by); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, chosen.Names()); diff != "" {
			t.Errorf("%+v by %s (-want +got):\n%s", c.filter, c.by, diff)
		}
	}
	if err := Sort(all, "colour"); err == nil || !strings.Contains(err.Error(), "cpu-price") {
		t.Errorf("sorted by colour: %v", err)
	}
}

func TestParseRejects(t *testing.T) {
	const head = "provider: p\nreservation: gke\ntypes:\n"
	const good = "{name: a, arch: amd64, vcpu: 4, memory: 16Gi, maxPods: 10}"
	if _, err := parse(File{Text: []byte(head + "- " + good)}); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"unknown field": head + "- {name: a, cores: 3}",
		"no quantity":   head + "- {name: a, arch: amd64, vcpu: 4, memory: much, maxPods: 10}",
		"not YAML":      "{",
		"no memory":     head + "- {name: a, arch: amd64, vcpu: 4, maxPods: 10}",
	} {
		if _, err := parse(File{Text: []byte(text)}); err == nil {
			t.Errorf("%s: parsed, want an error", name)
		}
	}
}

// FuzzParse: what is read is sound, however it was written.
func FuzzParse(f *testing.F) {
	files, err := Files()
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(file.Text)
	}
	f.Add([]byte("types: [{name: a}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		types, err := parse(File{Text: text})
		if err != nil {
			return
		}
		for _, k := range types {
			if k.AllocatableMilliCPU < 1 || k.AllocatableMiB < 1 || k.AllocatableMiB > k.MemoryMiB || k.MaxPods < 1 {
				t.Errorf("%q leads to %+v", text, k)
			}
		}
	})
}
