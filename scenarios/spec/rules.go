package spec

import (
	"math"
	"regexp"
	"time"
)

// The limits of the language. They keep a slip of the finger, such as a count with three
// zeros too many, from being run.
const (
	MaxFileBytes = 1 << 20  // Of a scenario, and of a manifest file.
	MaxBytes     = 16 << 20 // Of all text, after aliases, parameters and files are put in place.
	MaxDepth     = 64       // Mappings and lists inside one another.
	MaxValues    = 200_000  // Keys, values and list items, after YAML aliases are expanded.
	MaxNodes     = 100_000  // Of all pools together.
	MaxObjects   = 1_000_000
	MaxReplicas  = 100_000 // Of one object.
	MaxPhases    = 100
	MaxActions   = 100 // Of one phase.
	MaxRequests  = 100 // Classes of one load.
	MaxUsers     = 100 // Entries of one load's users.
	MaxRate      = 100_000
	MaxWeight    = 1_000_000
	MaxOwn       = 100_000 // Objects that one class of requests works on.
	MaxFactor    = 100_000
	MaxPoints    = 10_000    // Of a trace.
	MaxPayload   = 1_000_000 // Bytes of an object's payload; etcd takes 1.5 MiB in all.
	// MaxLoadRequests is how many requests one class of a load may send.
	MaxLoadRequests = 100_000_000
	// MaxLoadBytes is how much the classes of one load may put into etcd: half of what etcd takes
	// by default, 2 GiB (https://etcd.io/docs/v3.6/dev-guide/limit/), as it keeps history beside it.
	MaxLoadBytes   = 1 << 30
	MaxConnections = 1000
	MaxDuration    = 24 * time.Hour
	MaxQuantiles   = 256
	MaxParameter   = 1 << 10 // Bytes of a parameter's value.
	MaxWorkloads   = 1000
	MaxNodeTypes   = 1000 // Of a scenario's own.
	MaxServices    = 100
	MaxWaiting     = 10_000_000 // Units of work that wait for a service.
	MaxQueries     = 20
	MaxQueryPoints = 11_000 // Of one series in one phase, as many as Prometheus answers with.
	MaxClasses     = 100    // Of storage.
	minQuantiles   = 2
	smallestSpan   = time.Millisecond
	smallestRate   = 0.001
)

// A rule limits a value: a number between min and max, a duration between them in seconds, a
// list with that many items, or text that matches pattern.
type rule struct {
	min, max float64
	pattern  *regexp.Regexp
	words    string // What the rule asks for, to follow "must be".
}

// rules are the rules by the names that the is tags use.
var rules = map[string]rule{
	"nodes":       {min: 1, max: MaxNodes, words: "a whole number from 1 to 100,000"},
	"objects":     {min: 0, max: MaxObjects, words: "a whole number from 0 to 1,000,000"},
	"replicas":    {min: 0, max: MaxReplicas, words: "a whole number from 0 to 100,000"},
	"weight":      {min: 1, max: MaxWeight, words: "a whole number from 1 to 1,000,000"},
	"parallel":    {min: 1, max: 100, words: "a whole number from 1 to 100"},
	"own":         {min: 1, max: MaxOwn, words: "a whole number from 1 to 100,000"},
	"rate":        {min: 0, max: MaxRate, words: "a rate from 0 to 100,000 a second"},
	"load":        {min: smallestRate, max: MaxRate, words: "a rate from 0.001 to 100,000 a second"},
	"percentile":  {min: 0.001, max: 99.999, words: "a percentile from 0.001 to 99.999"},
	"duration":    {min: 0, max: MaxDuration.Seconds(), words: "a duration from 0 to 24h"},
	"span":        {min: smallestSpan.Seconds(), max: MaxDuration.Seconds(), words: "a duration from 1ms to 24h"},
	"resolution":  {min: 10, max: 3600, words: "a duration from 10s to 1h"},
	"sampling":    {min: 1, max: 3600, words: "a duration from 1s to 1h"},
	"factor":      {min: 0, max: MaxFactor, words: "a factor from 0 to 100,000"},
	"amplitude":   {min: 0, max: 1, words: "an amplitude from 0 to 1"},
	"part":        {min: 0, max: 1, words: "a share from 0 to 1"},
	"points":      {min: 1, max: MaxPoints, words: "a list of 1 to 10,000 points"},
	"payload":     {min: 0, max: MaxPayload, words: "a number of bytes from 0 to 1,000,000"},
	"connections": {min: 1, max: MaxConnections, words: "a whole number from 1 to 1,000"},
	"watchers":    {min: 1, max: MaxWatchers, words: "a whole number from 1 to 10,000"},
	"phases":      {min: 1, max: MaxPhases, words: "a list of 1 to 100 phases"},
	"actions":     {min: 1, max: MaxActions, words: "a list of 1 to 100 actions"},
	"requests":    {min: 1, max: MaxRequests, words: "a list of 1 to 100 classes of requests"},
	"queries":     {min: 0, max: MaxQueries, words: "a list of at most 20 queries"},
	"step":        {min: 1, max: 3600, words: "a duration from 1s to 1h"},
	"users":       {min: 1, max: MaxUsers, words: "a list of 1 to 100 users"},
	"nodeTypes":   {min: 0, max: MaxNodeTypes, words: "a list of at most 1,000 node types"},
	"podSizes":    {min: 0, max: 100, words: "a list of at most 100 sizes"},
	"vcpu":        {min: 1, max: 4096, words: "a whole number from 1 to 4,096"},
	"maxPods":     {min: 1, max: 510, words: "a whole number from 1 to 510, the pod addresses of a fake node"},
	"interfaces":  {min: 1, max: 255, words: "a whole number from 1 to 255"},
	"volumes":     {min: 1, max: 1024, words: "a whole number from 1 to 1,024"},
	"price":       {min: 0.000001, max: 100_000, words: "US dollars an hour, from 0.000001 to 100,000"},
	"repeat":      {min: 1, max: MaxTrials, words: "a whole number from 1 to 200"},
	"searchLoad":  {min: smallestRate, max: MaxLoad, words: "a load from 0.001 to 2,147,483,647"},
	"loadFactor":  {min: 1.1, max: 10, words: "a factor from 1.1 to 10"},
	"searchWidth": {min: 0.01, max: 0.9, words: "a share from 0.01 to 0.9"},
	"times":       {min: 0.000001, max: 1_000_000, words: "a factor from 0.000001 to 1,000,000"},
	"misses":      {min: 0, max: 0.99, words: "a share from 0 to 0.99"},
	"confirm":     {min: 1, max: MaxConfirm, words: "a whole number from 1 to 20"},
	"figures":     {min: 1, max: MaxFigures, words: "a list of 1 to 20 figures"},
	"services":    {min: 0, max: MaxServices, words: "a list of at most 100 services"},
	"waiting":     {min: 0, max: MaxWaiting, words: "a whole number from 0 to 10,000,000"},
	"noise":       {min: 0, max: 1, words: "a relative standard deviation from 0 to 1"},
	"workloads":   {min: 0, max: MaxWorkloads, words: "a list of at most 1,000 workloads"},
	"fsync":       {min: 1e-6, max: 1, words: "a duration from 1us to 1s"},
	"iops":        {min: 10, max: 1_000_000, words: "a number from 10 to 1,000,000"},
	"classes":     {min: 1, max: MaxClasses, words: "a list of 1 to 100 storage classes"},
	"failures": {pattern: regexp.MustCompile(`^(([0-9]|[1-8][0-9])(\.[0-9]{1,2})?|90)%$`),
		words: "a percentage from 0% to 90%, such as 5%"},
	"quantity": {pattern: quantityPattern, min: 0, max: math.MaxInt64,
		words: "a quantity from 0, such as 250m, 2 or 64Mi"},
	"poolSum": {pattern: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\+[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`),
		words: "names of pools joined by +, such as general+memory"},
	"unit": {pattern: regexp.MustCompile(`^[a-z][a-z -]{0,31}$`),
		words: "lower-case letters, spaces and dashes, at most 32, a letter first"},
	"label": {pattern: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
		words: "a DNS label: lower-case letters, digits and dashes, at most 63, no dash at the ends"},
	"parameter": {pattern: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,62}$`),
		words: "a letter followed by letters, digits, _ and -, at most 63"},
	"version": {pattern: regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`),
		words: "a full version, such as v1.37.2"},
	"amount": {min: 1, max: MaxObjects, pattern: regexp.MustCompile(`^([1-9][0-9]{0,6}|([1-9][0-9]?|100)%)$`),
		words: "a whole number from 1, or a percentage from 1% to 100%"},
	"share": {pattern: regexp.MustCompile(`^(0|[1-9][0-9]{0,3})%$`),
		words: "a percentage from 0% to 9999%"},
	"typeName": {pattern: regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`),
		words: "letters, digits and . _ -, at most 63, a letter or digit at the ends"},
	"date": {pattern: regexp.MustCompile(`^([0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?|not-stated)$`),
		words: "a day or a month, such as 2026-08-31 or 2026-08"},
	"user": {pattern: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:._@-]{0,127}$`),
		words: "letters, digits and : . _ @ -, at most 128, a letter or digit first"},
	"resource": {pattern: regexp.MustCompile(`^[a-z]+(\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$`),
		words: "a plural in lower case with its group, such as pods or deployments.apps"},
}

func (r rule) holds(value float64) bool { return value >= r.min && value <= r.max }
