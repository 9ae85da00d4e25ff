// Command oracle answers CEL expressions as kube-apiserver's authentication code answers them.
//
// Each line of standard input is a JSON object {"id", "kind", "expression"}; each line of standard
// output is that object with "expect" filled in. With -decls it prints the declared functions.
//
// Build: go build -ldflags=-checklinkname=0
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
	_ "unsafe"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	authcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	apicel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/lazy"
	_ "k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

//go:linkname newClaimsValue k8s.io/apiserver/plugin/pkg/authenticator/token/oidc.newClaimsValue
func newClaimsValue(c map[string]json.RawMessage) *lazy.MapValue

//go:linkname newUserInfoValue k8s.io/apiserver/plugin/pkg/authenticator/token/oidc.newUserInfoValue
func newUserInfoValue(info user.Info) *lazy.MapValue

//go:linkname toStringList k8s.io/apiserver/plugin/pkg/authenticator/token/oidc.convertCELValueToStringList
func toStringList(val ref.Val) ([]string, error)

type query struct {
	ID         string         `json:"id"`
	Kind       string         `json:"kind"`
	Expression string         `json:"expression"`
	Expect     map[string]any `json:"expect"`
}

type accessor struct {
	expression string
	types      []*celgo.Type
}

func (a *accessor) GetExpression() string      { return a.expression }
func (a *accessor) ReturnTypes() []*celgo.Type { return a.types }

type fixtures struct {
	Claims map[string]json.RawMessage `json:"claims"`
	User   struct {
		Username string              `json:"username"`
		UID      string              `json:"uid"`
		Groups   []string            `json:"groups"`
		Extra    map[string][]string `json:"extra"`
	} `json:"user"`
}

func main() {
	corpus := flag.String("corpus", "cel.json", "file whose claims and user the expressions see")
	decls := flag.Bool("decls", false, "print the declared functions and leave")
	flag.Parse()
	if *decls {
		printDeclarations()
		return
	}
	data, err := os.ReadFile(*corpus)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var fx fixtures
	if err := json.Unmarshal(data, &fx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	compiler := authcel.NewDefaultCompiler()
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var q query
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		// Some expressions keep the real code busy for ever.
		done := make(chan map[string]any, 1)
		go func() { done <- answer(compiler, &fx, q.Kind, q.Expression) }()
		select {
		case q.Expect = <-done:
		case <-time.After(3 * time.Second):
			q.Expect = map[string]any{"oraclePanics": "no answer in time"}
		}
		_ = encoder.Encode(q)
	}
}

func answer(compiler authcel.Compiler, fx *fixtures, kind, expression string) (expect map[string]any) {
	expect = map[string]any{}
	defer func() {
		if r := recover(); r != nil {
			expect = map[string]any{"oraclePanics": fmt.Sprint(r)}
		}
	}()
	validation := strings.HasSuffix(kind, "validation")
	acc := &accessor{expression: expression, types: []*celgo.Type{celgo.AnyType}}
	if validation {
		acc.types = []*celgo.Type{celgo.BoolType}
	}
	var compiled authcel.CompilationResult
	var err error
	var vars any
	if kind == "user-validation" {
		compiled, err = compiler.CompileUserExpression(acc)
		vars = map[string]any{"user": newUserInfoValue(&user.DefaultInfo{
			Name: fx.User.Username, UID: fx.User.UID, Groups: fx.User.Groups, Extra: fx.User.Extra})}
	} else {
		compiled, err = compiler.CompileClaimsExpression(acc)
		vars = map[string]any{"claims": newClaimsValue(fx.Claims)}
	}
	if err != nil {
		expect["compileError"] = err.Error()
		return expect
	}
	expect["staticType"] = compiled.AST.OutputType().String()
	val, details, err := compiled.Program.ContextEval(context.Background(), vars)
	if details != nil && details.ActualCost() != nil {
		expect["cost"] = *details.ActualCost()
	}
	if err != nil {
		expect["error"] = err.Error()
		return expect
	}
	expect["type"] = val.Type().TypeName()
	expect["value"] = canonical(val)
	switch kind {
	case "claim-mapping-username":
		if val.Type() != celgo.StringType {
			expect["outcomeError"] = "must return a string"
		} else {
			expect["outcome"] = val.Value()
		}
	case "claim-mapping-groups", "claim-mapping-extra":
		list, err := toStringList(val)
		if err != nil {
			expect["outcomeError"] = err.Error()
		} else {
			if list == nil {
				list = []string{}
			}
			expect["outcome"] = list
		}
	case "claim-validation", "user-validation":
		if val.Type() != celgo.BoolType {
			expect["outcomeError"] = "validation expression must return a boolean"
		} else {
			expect["outcome"] = val.Value()
		}
	}
	return expect
}

func canonical(val ref.Val) string {
	switch v := val.(type) {
	case types.Null:
		return "null"
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case types.Int:
		return "i:" + strconv.FormatInt(int64(v), 10)
	case types.Uint:
		return "u:" + strconv.FormatUint(uint64(v), 10)
	case types.Double:
		text := strconv.FormatFloat(float64(v), 'e', -1, 64)
		text = strings.Replace(strings.Replace(text, "e+0", "e", 1), "e-0", "e-", 1)
		return "d:" + strings.Replace(text, "e+", "e", 1)
	case types.String:
		var sb strings.Builder
		encoder := json.NewEncoder(&sb)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(string(v))
		return strings.TrimSuffix(sb.String(), "\n")
	case types.Bytes:
		return "b:" + hex.EncodeToString(v)
	case types.Duration:
		return "dur:" + strconv.FormatInt(v.Duration.Nanoseconds(), 10)
	case types.Timestamp:
		return "ts:" + v.Time.UTC().Format(time.RFC3339Nano)
	case *types.Type:
		return "type:" + v.TypeName()
	case *types.Optional:
		if v.HasValue() {
			return "some(" + canonical(v.GetValue()) + ")"
		}
		return "none"
	case apicel.Quantity:
		return "kubernetes.Quantity:" + v.String()
	case apicel.IP:
		return "net.IP:" + v.Addr.String()
	case apicel.CIDR:
		return "net.CIDR:" + v.Prefix.String()
	case apicel.URL:
		return "kubernetes.URL:" + v.URL.String()
	case apicel.Semver:
		return "kubernetes.Semver:" + v.String()
	case apicel.Format:
		return "kubernetes.NamedFormat:" + v.Name
	}
	switch v := val.(type) {
	case traits.Lister:
		var parts []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			parts = append(parts, canonical(it.Next()))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case traits.Mapper:
		var parts []string
		if _, isLazy := v.(*lazy.MapValue); isLazy {
			return "lazy:" + v.Type().TypeName()
		}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			parts = append(parts, canonical(key)+":"+canonical(v.Get(key)))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	return fmt.Sprintf("%s:%v", val.Type().TypeName(), val)
}

func printDeclarations() {
	env, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).Env(environment.StoredExpressions)
	if err != nil {
		panic(err)
	}
	var names []string
	for name := range env.Functions() {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, o := range env.Functions()[name].OverloadDecls() {
			var args []string
			for _, a := range o.ArgTypes() {
				args = append(args, a.String())
			}
			fmt.Printf("%s\t%s\t%v\t%s\t%s\n", name, o.ID(), o.IsMemberFunction(), strings.Join(args, ", "), o.ResultType())
		}
	}
	for _, m := range env.Macros() {
		fmt.Printf("macro\t%s\t%v\t%d\t%v\n", m.Function(), m.IsReceiverStyle(), m.ArgCount(), m.MacroKey())
	}
	for _, v := range env.Variables() {
		fmt.Printf("var\t%s\t%s\n", v.Name(), v.Type())
	}
}
