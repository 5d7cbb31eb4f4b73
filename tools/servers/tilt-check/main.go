// Command tilt-check runs a Tiltfile without Tilt, and prints what it asks of Tilt as JSON: `{"calls": [{"function", "args", "kwargs", "at"}], "error"}`.
//
// Functions that only read are real (helm, read_file, decode_yaml_stream …); those by which a Tiltfile declares something are recorded. A function
// or an argument that Tilt does not have is an error, as it is in Tilt. Usage: tilt-check HELM TILTFILE [ARGUMENT…], the arguments being the Tiltfile's own.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// call is one thing that the Tiltfile asked for.
type call struct {
	Function string         `json:"function"`
	Args     []any          `json:"args"`
	Kwargs   map[string]any `json:"kwargs"`
	At       string         `json:"at"`
}

type report struct {
	Calls []call `json:"calls"`
	Error string `json:"error,omitempty"`
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: tilt-check HELM TILTFILE [ARGUMENT…]")
		os.Exit(2)
	}
	tiltfile, err := filepath.Abs(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	run := &run{helm: os.Args[1], folder: filepath.Dir(tiltfile), arguments: os.Args[3:], settings: map[string]setting{}, calls: []call{}}
	result := report{Calls: []call{}}
	if err := run.execute(tiltfile); err != nil {
		result.Error = describe(err)
	}
	result.Calls = run.calls
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// run is one execution of a Tiltfile.
type run struct {
	helm      string
	folder    string
	arguments []string
	settings  map[string]setting
	calls     []call
}

func (r *run) execute(tiltfile string) error {
	thread := &starlark.Thread{
		Name:  "Tiltfile",
		Print: func(_ *starlark.Thread, message string) { fmt.Fprintln(os.Stderr, message) },
		Load: func(_ *starlark.Thread, module string) (starlark.StringDict, error) {
			return nil, fmt.Errorf("%s cannot be loaded without Tilt", module)
		},
	}
	// What Tilt allows: its dialect has conditions and loops at the top, and names that are set again.
	options := &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}
	_, err := starlark.ExecFileOptions(options, thread, tiltfile, nil, r.builtins())
	return err
}

func describe(err error) string {
	if evaluation, ok := err.(*starlark.EvalError); ok {
		return evaluation.Backtrace()
	}
	return err.Error()
}

func (r *run) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.folder, path)
}
