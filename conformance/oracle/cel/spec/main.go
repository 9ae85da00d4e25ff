// Command spec prints the expressions of google/cel-spec's simple conformance tests that the
// environment of kube-apiserver's authentication can be asked about, one JSON object a line, to be
// put to the oracle:
//
//	go run ./spec | oracle -corpus cel.json | generate.py --collect cel.json > cel-spec.json
//
// What the tests bind to a variable becomes a literal over which a macro ranges. Left out are
// categories of libraries that are not there, messages of the tests' own, and containers.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	expr "cel.dev/expr"
	_ "cel.dev/expr/conformance/proto2"
	_ "cel.dev/expr/conformance/proto3"
	"cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/prototext"
)

var categories = []string{
	"basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros", "macros2",
	"optionals", "parse", "plumbing", "string", "string_ext", "timestamps", "type_deduction",
}

var (
	ownMessages = regexp.MustCompile(`TestAllTypes|NestedMessage|NestedEnum|cel\.expr\.`)
	plainName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

type query struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Expression string `json:"expression"`
}

func main() {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "cel.dev/expr").Output()
	check(err)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	seen := map[string]bool{}
	for _, category := range categories {
		path := filepath.Join(strings.TrimSpace(string(module)), "tests/simple/testdata", category+".textproto")
		text, err := os.ReadFile(path)
		check(err)
		var file test.SimpleTestFile
		check(prototext.Unmarshal(text, &file))
		for _, section := range file.Section {
			for _, t := range section.Test {
				expression, ok := expressionOf(t)
				if !ok || seen[expression] {
					continue
				}
				seen[expression] = true
				id := category + "/" + section.Name + "/" + t.Name
				check(encoder.Encode(query{id, "claim-mapping-uid", expression}))
			}
		}
	}
}

func expressionOf(t *test.SimpleTest) (string, bool) {
	if t.DisableMacros || t.Container != "" || ownMessages.MatchString(t.Expr) {
		return "", false
	}
	var names []string
	for name := range t.Bindings {
		names = append(names, name)
	}
	for _, declaration := range t.TypeEnv {
		// A variable without a value, or a function of the test's own.
		if _, bound := t.Bindings[declaration.Name]; !bound {
			return "", false
		}
	}
	sort.Strings(names)
	expression := t.Expr
	for _, name := range names {
		literal, ok := literalOf(t.Bindings[name].GetValue())
		if !ok || !plainName.MatchString(name) {
			return "", false
		}
		expression = fmt.Sprintf("[%s].map(%s, %s)[0]", literal, name, expression)
	}
	return expression, true
}

func literalOf(value *expr.Value) (string, bool) {
	switch v := value.GetKind().(type) {
	case *expr.Value_NullValue:
		return "null", true
	case *expr.Value_BoolValue:
		return strconv.FormatBool(v.BoolValue), true
	case *expr.Value_Int64Value:
		return strconv.FormatInt(v.Int64Value, 10), true
	case *expr.Value_Uint64Value:
		return strconv.FormatUint(v.Uint64Value, 10) + "u", true
	case *expr.Value_DoubleValue:
		return fmt.Sprintf("double('%s')", strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)), true
	case *expr.Value_StringValue:
		return strconv.Quote(v.StringValue), true
	case *expr.Value_BytesValue:
		return "b" + strconv.Quote(string(v.BytesValue)), true
	case *expr.Value_TypeValue:
		return v.TypeValue, true
	case *expr.Value_ListValue:
		parts := make([]string, len(v.ListValue.Values))
		for i, element := range v.ListValue.Values {
			part, ok := literalOf(element)
			if !ok {
				return "", false
			}
			parts[i] = part
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	case *expr.Value_MapValue:
		parts := make([]string, len(v.MapValue.Entries))
		for i, entry := range v.MapValue.Entries {
			key, keyOK := literalOf(entry.Key)
			element, ok := literalOf(entry.Value)
			if !ok || !keyOK {
				return "", false
			}
			parts[i] = key + ": " + element
		}
		return "{" + strings.Join(parts, ", ") + "}", true
	}
	return "", false
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
