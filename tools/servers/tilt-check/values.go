package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"go.starlark.net/starlark"
	"sigs.k8s.io/yaml"
)

// toPlain turns a value of Starlark into one that becomes JSON.
func toPlain(value starlark.Value) (any, error) {
	switch value := value.(type) {
	case starlark.NoneType:
		return nil, nil
	case starlark.Bool:
		return bool(value), nil
	case starlark.String:
		return string(value), nil
	case starlark.Int:
		return json.Number(value.String()), nil
	case starlark.Float:
		return float64(value), nil
	case *starlark.Dict:
		plain := map[string]any{}
		for _, pair := range value.Items() {
			key, ok := starlark.AsString(pair[0])
			if !ok {
				return nil, fmt.Errorf("a key is a %s, not a string", pair[0].Type())
			}
			part, err := toPlain(pair[1])
			if err != nil {
				return nil, err
			}
			plain[key] = part
		}
		return plain, nil
	case starlark.Iterable:
		plain := []any{}
		iterator := value.Iterate()
		defer iterator.Done()
		for part := starlark.Value(nil); iterator.Next(&part); {
			each, err := toPlain(part)
			if err != nil {
				return nil, err
			}
			plain = append(plain, each)
		}
		return plain, nil
	default:
		return nil, fmt.Errorf("a %s means nothing to Tilt", value.Type())
	}
}

// fromPlain turns what JSON decodes to into a value of Starlark.
func fromPlain(plain any) (starlark.Value, error) {
	switch plain := plain.(type) {
	case nil:
		return starlark.None, nil
	case bool:
		return starlark.Bool(plain), nil
	case string:
		return starlark.String(plain), nil
	case json.Number:
		if whole, err := plain.Int64(); err == nil {
			return starlark.MakeInt64(whole), nil
		}
		float, err := plain.Float64()
		return starlark.Float(float), err
	case []any:
		list := starlark.NewList(nil)
		for _, part := range plain {
			value, err := fromPlain(part)
			if err != nil {
				return nil, err
			}
			if err := list.Append(value); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		names := make([]string, 0, len(plain))
		for name := range plain {
			names = append(names, name)
		}
		sort.Strings(names)
		dict := starlark.NewDict(len(plain))
		for _, name := range names {
			value, err := fromPlain(plain[name])
			if err != nil {
				return nil, err
			}
			if err := dict.SetKey(starlark.String(name), value); err != nil {
				return nil, err
			}
		}
		return dict, nil
	default:
		return nil, fmt.Errorf("a %T cannot be a value", plain)
	}
}

func parseYaml(text string) (starlark.Value, error) {
	encoded, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return nil, err
	}
	return fromPlain(plain)
}

// parseYamlStream leaves documents that hold nothing out, as Tilt does.
func parseYamlStream(text string) (starlark.Value, error) {
	list := starlark.NewList(nil)
	for _, document := range strings.Split("\n"+text, "\n---") {
		value, err := parseYaml(document)
		if err != nil {
			return nil, err
		}
		if value == starlark.None {
			continue
		}
		if err := list.Append(value); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func writeYaml(value starlark.Value) (string, error) {
	plain, err := toPlain(value)
	if err != nil {
		return "", err
	}
	text, err := yaml.Marshal(plain)
	return string(text), err
}

func decodeYaml(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(function.Name(), args, kwargs, "yaml", &text); err != nil {
		return nil, err
	}
	return parseYaml(text)
}

func decodeYamlStream(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(function.Name(), args, kwargs, "yaml", &text); err != nil {
		return nil, err
	}
	return parseYamlStream(text)
}

func (r *run) readYamlStream(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	if err := starlark.UnpackArgs(function.Name(), args, kwargs, "path", &path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(r.absolute(path))
	if err != nil {
		return nil, err
	}
	return parseYamlStream(string(text))
}

func encodeYaml(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var value starlark.Value
	if err := starlark.UnpackArgs(function.Name(), args, kwargs, "obj", &value); err != nil {
		return nil, err
	}
	text, err := writeYaml(value)
	return starlark.String(text), err
}

func encodeYamlStream(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var values *starlark.List
	if err := starlark.UnpackArgs(function.Name(), args, kwargs, "objs", &values); err != nil {
		return nil, err
	}
	documents := []string{}
	for index := 0; index < values.Len(); index++ {
		text, err := writeYaml(values.Index(index))
		if err != nil {
			return nil, err
		}
		documents = append(documents, text)
	}
	return starlark.String(strings.Join(documents, "---\n")), nil
}
