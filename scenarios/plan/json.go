package plan

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// MarshalJSON writes the plan in the words of the scenario language: fields have their names
// in YAML and durations are text such as 1m30s. Empty
// text, lists and maps are left out.
func (p *Plan) MarshalJSON() ([]byte, error) {
	return json.Marshal(plain(reflect.ValueOf(*p)))
}

// plain turns a value into maps, lists and scalars for JSON.
func plain(v reflect.Value) any {
	switch value := v.Interface().(type) {
	case time.Duration:
		return value.String()
	case []byte:
		return string(value)
	case json.Marshaler:
		return value
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem())
	case reflect.Struct:
		return plainStruct(v)
	case reflect.Map:
		m := map[string]any{}
		for key, value := range v.Seq2() {
			m[key.String()] = plain(value)
		}
		return m
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i))
		}
		return list
	}
	return v.Interface()
}

func plainStruct(v reflect.Value) any {
	m := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || v.Field(i).IsZero() && !zeroMeans(v.Type(), f.Type.Kind()) {
			continue
		}
		m[fieldName(f)] = plain(v.Field(i))
	}
	return m
}

// zeroMeans reports whether a zero of that kind is a value, as a lease duration of 0 is, rather
// than one that is not set, as it is in a distribution that needs other fields.
func zeroMeans(owner reflect.Type, kind reflect.Kind) bool {
	number := kind == reflect.Int || kind == reflect.Int64 || kind == reflect.Uint64 || kind == reflect.Float64
	return number && owner != reflect.TypeFor[spec.Latency]() && owner != reflect.TypeFor[spec.Disk]() && owner != reflect.TypeFor[spec.Fsync]()
}

func fieldName(f reflect.StructField) string {
	for _, key := range []string{"json", "yaml"} {
		if name, _, _ := strings.Cut(f.Tag.Get(key), ","); name != "" {
			return name
		}
	}
	return f.Name
}
