// Answers how Kubernetes reads a YAML text. Each line of the input is a JSON string, which is such a text; each line of
// the output is its answer, in the same order.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"sigs.k8s.io/yaml"
)

// An answer has JSON, or Error where the text is no YAML. Both JSON and Strict where only the strict reader, which the
// API server asks for warnings, refuses the text: for a key that is given twice.
type answer struct {
	JSON   json.RawMessage `json:"json,omitempty"`
	Strict string          `json:"strict,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func read(text string) answer {
	value, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return answer{Error: err.Error()}
	}
	if _, err := yaml.YAMLToJSONStrict([]byte(text)); err != nil {
		return answer{JSON: value, Strict: err.Error()}
	}
	return answer{JSON: value}
}

func run(in io.Reader, out io.Writer) error {
	texts := json.NewDecoder(bufio.NewReader(in))
	lines := bufio.NewWriter(out)
	answers := json.NewEncoder(lines)
	answers.SetEscapeHTML(false)
	for {
		var text string
		if err := texts.Decode(&text); errors.Is(err, io.EOF) {
			return lines.Flush()
		} else if err != nil {
			return err
		}
		if err := answers.Encode(read(text)); err != nil {
			return err
		}
	}
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
