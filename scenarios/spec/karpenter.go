package spec

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// karpenterRows turns the instance types of karpenter's kwok provider into rows of node types. Each
// has a name, an architecture, operatingSystems, resources and offerings; types without Linux are left
// out. An offering says its capacity type in a field of its own, or since v0.37 in its requirements
// (https://github.com/kubernetes-sigs/karpenter, kwok/cloudprovider/instance_types.json). The file
// names neither a date nor a region for its prices, and none is made up.
func (d *decoder) karpenterRows(src *source, list *yaml.Node) []*yaml.Node {
	var rows []*yaml.Node
	for _, item := range list.Content {
		resources := child(item, "resources")
		if child(item, "name") == nil || child(item, "architecture") == nil || resources == nil {
			d.faults.add(position{src, item.Line, item.Column}, "karpenter's instance types have name, architecture, resources and offerings",
				"this is no instance type")
			continue
		}
		if systems := child(item, "operatingSystems"); systems != nil && !slices.Contains(texts(systems), "linux") {
			continue
		}
		rows = append(rows, karpenterRow(item, resources))
	}
	return rows
}

// mostPods is how many pods a fake node takes, as the rule maxPods says.
const mostPods = 510

func karpenterRow(item, resources *yaml.Node) *yaml.Node {
	row := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: item.Line, Column: item.Column}
	put := func(key string, value *yaml.Node) {
		if value != nil {
			row.Content = append(row.Content, plainNode(item, "!!str", key), value)
		}
	}
	put("name", child(item, "name"))
	put("arch", child(item, "architecture"))
	put("vcpu", whole(child(resources, "cpu")))
	put("memory", child(resources, "memory"))
	pods := whole(child(resources, "pods"))
	if n, ok := wholeOf(pods); ok && n > mostPods {
		put("maxPodsRule", plainNode(pods, "!!str", "the file says "+pods.Value+", a fake node takes 510"))
		pods = plainNode(pods, "!!int", strconv.Itoa(mostPods))
	}
	put("maxPods", pods)
	put("reservation", plainNode(item, "!!str", "karpenter-kwok"))
	put("provider", plainNode(item, "!!str", "karpenter"))
	put("source", plainNode(item, "!!str", "instance types of karpenter's kwok provider"))
	onDemand, spot := lowest(item, "on-demand"), lowest(item, "spot")
	put("pricePerHour", onDemand)
	put("spotPerHour", spot)
	if onDemand != nil || spot != nil {
		put("region", plainNode(item, "!!str", "not-stated"))
		put("date", plainNode(item, "!!str", "not-stated"))
	}
	return row
}

// lowest returns the lowest price of the available offerings of a capacity type; nil if there is none.
func lowest(item *yaml.Node, capacity string) *yaml.Node {
	var best *yaml.Node
	least := 0.0
	for _, offering := range items(child(item, "offerings")) {
		if available := child(offering, "Available"); available != nil && available.Value == "false" || !slices.Contains(capacities(offering), capacity) {
			continue
		}
		price := child(offering, "Price")
		if price == nil {
			continue
		}
		value, ok := number(price.Value, price.Tag)
		if !ok {
			return price // Reported when it is decoded.
		}
		if best == nil || value < least {
			best, least = price, value
		}
	}
	return best
}

// capacities returns the capacity types of an offering.
func capacities(offering *yaml.Node) []string {
	if plain := child(offering, "CapacityType"); plain != nil {
		return []string{plain.Value}
	}
	for _, requirement := range items(child(offering, "Requirements")) {
		if key := child(requirement, "key"); key != nil && key.Value == "karpenter.sh/capacity-type" {
			return texts(child(requirement, "values"))
		}
	}
	return nil
}

func texts(list *yaml.Node) []string {
	var all []string
	for _, item := range items(list) {
		all = append(all, item.Value)
	}
	return all
}

// whole returns a number that is written as text as a number.
func whole(text *yaml.Node) *yaml.Node {
	if text == nil || text.Kind != yaml.ScalarNode || text.Tag != "!!str" {
		return text
	}
	if _, err := strconv.Atoi(text.Value); err != nil {
		return text // Reported when it is decoded.
	}
	return plainNode(text, "!!int", text.Value)
}

func wholeOf(node *yaml.Node) (int64, bool) {
	if node == nil {
		return 0, false
	}
	return wholeNumber(node.Value, node.Tag)
}

// plainNode makes a value that stands where another does.
func plainNode(at *yaml.Node, tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value, Line: at.Line, Column: at.Column}
}
