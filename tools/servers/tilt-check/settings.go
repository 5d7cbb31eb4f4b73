package main

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// setting is an argument that the Tiltfile takes.
type setting struct {
	isBool bool
	isList bool
}

// config is Tilt's module of that name: what `tilt up -- --name value` says.
func (r *run) config() starlark.Value {
	define := func(made setting) builtin {
		return func(_ *starlark.Thread, function *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var name, usage string
			var positional bool
			err := starlark.UnpackArgs(function.Name(), args, kwargs, "name", &name, "args?", &positional, "usage?", &usage)
			r.settings[name] = made
			return starlark.None, err
		}
	}
	return starlarkstruct.FromStringDict(starlark.String("config"), starlark.StringDict{
		"define_bool":        starlark.NewBuiltin("config.define_bool", define(setting{isBool: true})),
		"define_string":      starlark.NewBuiltin("config.define_string", define(setting{})),
		"define_string_list": starlark.NewBuiltin("config.define_string_list", define(setting{isList: true})),
		"parse":              starlark.NewBuiltin("config.parse", r.parseArguments),
	})
}

func (r *run) parseArguments(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	given := starlark.NewDict(len(r.settings))
	lists := map[string]*starlark.List{}
	for index := 0; index < len(r.arguments); index++ {
		name, value, joined := strings.Cut(strings.TrimPrefix(r.arguments[index], "--"), "=")
		made, known := r.settings[name]
		if !known {
			return nil, fmt.Errorf("the Tiltfile defines no argument %s", r.arguments[index])
		}
		if made.isBool {
			if err := given.SetKey(starlark.String(name), starlark.Bool(value != "false")); err != nil {
				return nil, err
			}
			continue
		}
		if !joined {
			index++
			if index == len(r.arguments) {
				return nil, fmt.Errorf("%s has no value", name)
			}
			value = r.arguments[index]
		}
		var said starlark.Value = starlark.String(value)
		if made.isList {
			if lists[name] == nil {
				lists[name] = starlark.NewList(nil)
			}
			if err := lists[name].Append(said); err != nil {
				return nil, err
			}
			said = lists[name]
		}
		if err := given.SetKey(starlark.String(name), said); err != nil {
			return nil, err
		}
	}
	return given, nil
}
