package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"go.starlark.net/lib/json"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

type builtin = func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error)

// declarations are the functions by which a Tiltfile tells Tilt what to do, with the arguments that Tilt takes (https://docs.tilt.dev/api.html).
var declarations = map[string][]string{
	"allow_k8s_contexts": {"contexts"},
	"docker_build": {"ref", "context", "build_args", "dockerfile", "dockerfile_contents", "live_update", "match_in_env_vars", "ignore", "only",
		"entrypoint", "target", "ssh", "network", "secret", "extra_tag", "container_args", "cache_from", "pull", "platform", "extra_hosts"},
	"fall_back_on": {"files"},
	"k8s_yaml":     {"yaml", "allow_duplicates"},
	"k8s_resource": {"workload", "new_name", "port_forwards", "extra_pod_selectors", "trigger_mode", "resource_deps", "objects", "auto_init",
		"pod_readiness", "links", "labels", "discovery_strategy"},
	"link": {"url", "name"},
	"local_resource": {"name", "cmd", "deps", "trigger_mode", "resource_deps", "ignore", "auto_init", "serve_cmd", "cmd_bat", "serve_cmd_bat",
		"allow_parallel", "links", "labels", "env", "serve_env", "readiness_probe", "dir", "serve_dir"},
	"port_forward":     {"local_port", "container_port", "name", "link_path", "host"},
	"run":              {"cmd", "trigger", "echo_off"},
	"secret_settings":  {"disable_scrub"},
	"sync":             {"local_path", "remote_path"},
	"update_settings":  {"max_parallel_updates", "k8s_upsert_timeout_secs", "suppress_unused_image_warnings"},
	"version_settings": {"check_updates", "constraint"},
	"watch_file":       {"file_path"},
}

func (r *run) builtins() starlark.StringDict {
	builtins := starlark.StringDict{
		"blob":        starlark.NewBuiltin("blob", blob),
		"config":      r.config(),
		"helm":        starlark.NewBuiltin("helm", r.template),
		"k8s_context": starlark.NewBuiltin("k8s_context", constant("kind-tollkeeper")),
		"read_file":   starlark.NewBuiltin("read_file", r.readFile),
		"json":        json.Module,
		"os":          starlarkstruct.FromStringDict(starlark.String("os"), starlark.StringDict{"getcwd": starlark.NewBuiltin("os.getcwd", constant(r.folder))}),

		"decode_yaml":        starlark.NewBuiltin("decode_yaml", decodeYaml),
		"decode_yaml_stream": starlark.NewBuiltin("decode_yaml_stream", decodeYamlStream),
		"encode_yaml":        starlark.NewBuiltin("encode_yaml", encodeYaml),
		"encode_yaml_stream": starlark.NewBuiltin("encode_yaml_stream", encodeYamlStream),
		"read_yaml_stream":   starlark.NewBuiltin("read_yaml_stream", r.readYamlStream),

		"TRIGGER_MODE_AUTO":   starlark.MakeInt(0),
		"TRIGGER_MODE_MANUAL": starlark.MakeInt(1),
	}
	for name, parameters := range declarations {
		builtins[name] = starlark.NewBuiltin(name, r.record(parameters))
	}
	return builtins
}

// record makes a function that is only written down. What it answers names it, so that it can stand in the arguments of another.
func (r *run) record(parameters []string) builtin {
	return func(thread *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if len(args) > len(parameters) {
			return nil, fmt.Errorf("%s takes at most %d arguments, not %d", function.Name(), len(parameters), len(args))
		}
		noted := call{Function: function.Name(), Args: []any{}, Kwargs: map[string]any{}, At: thread.CallFrame(1).Pos.String()}
		answer := starlark.NewDict(1 + len(parameters))
		if err := answer.SetKey(starlark.String("function"), starlark.String(function.Name())); err != nil {
			return nil, err
		}
		note := func(name string, value starlark.Value) error {
			plain, err := toPlain(value)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", function.Name(), name, err)
			}
			noted.Kwargs[name] = plain
			return answer.SetKey(starlark.String(name), value)
		}
		for index, value := range args {
			if err := note(parameters[index], value); err != nil {
				return nil, err
			}
		}
		for _, pair := range kwargs {
			name := string(pair[0].(starlark.String))
			if !contains(parameters, name) {
				return nil, fmt.Errorf("%s has no argument %s", function.Name(), name)
			}
			if err := note(name, pair[1]); err != nil {
				return nil, err
			}
		}
		r.calls = append(r.calls, noted)
		return answer, nil
	}
}

func contains(names []string, name string) bool {
	for _, one := range names {
		if one == name {
			return true
		}
	}
	return false
}

func constant(text string) builtin {
	return func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		return starlark.String(text), nil
	}
}

func blob(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var contents string
	err := starlark.UnpackArgs(function.Name(), args, kwargs, "contents", &contents)
	return starlark.String(contents), err
}

func (r *run) readFile(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	var otherwise starlark.Value
	if err := starlark.UnpackArgs(function.Name(), args, kwargs, "file_path", &path, "default?", &otherwise); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(r.absolute(path))
	if os.IsNotExist(err) && otherwise != nil {
		return otherwise, nil
	}
	return starlark.String(text), err
}

// template renders a chart as Tilt does.
func (r *run) template(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path, name, namespace string
	var values, set starlark.Value = starlark.NewList(nil), starlark.NewList(nil)
	if err := starlark.UnpackArgs(function.Name(), args, kwargs, "pathToChartDir", &path, "name?", &name, "namespace?", &namespace, "values?", &values, "set?", &set); err != nil {
		return nil, err
	}
	chart := r.absolute(path)
	if name == "" {
		name = filepath.Base(chart)
	}
	arguments := []string{"template", name, chart, "--include-crds"}
	if namespace != "" {
		arguments = append(arguments, "--namespace", namespace)
	}
	for _, file := range texts(values) {
		arguments = append(arguments, "--values", r.absolute(file))
	}
	for _, assignment := range texts(set) {
		arguments = append(arguments, "--set", assignment)
	}
	command := exec.Command(r.helm, arguments...)
	command.Stderr = os.Stderr
	rendered, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("helm %v: %w", arguments, err)
	}
	return starlark.String(rendered), nil
}

// texts are those of one string or of a list of them.
func texts(value starlark.Value) []string {
	if text, ok := starlark.AsString(value); ok {
		return []string{text}
	}
	all := []string{}
	if list, ok := value.(starlark.Iterable); ok {
		iterator := list.Iterate()
		defer iterator.Done()
		for one := starlark.Value(nil); iterator.Next(&one); {
			if text, ok := starlark.AsString(one); ok {
				all = append(all, text)
			}
		}
	}
	return all
}
