// Measures kube-apiserver's evaluation of the rules of crates/cel/benches/rules.rs over the same claims:
//
//	go run -ldflags=-checklinkname=0 .
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
	_ "unsafe"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"

	authcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/cel/lazy"
	_ "k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

//go:linkname newClaimsValue k8s.io/apiserver/plugin/pkg/authenticator/token/oidc.newClaimsValue
func newClaimsValue(c map[string]json.RawMessage) *lazy.MapValue

const (
	rounds = 61
	round  = 2 * time.Millisecond
)

var rules = [][2]string{
	{"two comparisons", `claims.email_verified == true && claims.hd == "example.com"`},
	{"matches, constant pattern", `claims.email.matches('^[a-z.]+@example[.]com$')`},
	{"filter of 200 groups", `dyn(claims.groups).filter(g, g.startsWith('group-1')).size() == 111`},
	{"in, 200 groups", `'group-199' in claims.groups`},
	{"lifetime", `claims.exp - claims.iat <= 3600`},
	{"concatenation", `'oidc:' + claims.sub != ''`},
}

type rule string

func (r rule) GetExpression() string      { return string(r) }
func (r rule) ReturnTypes() []*celgo.Type { return []*celgo.Type{celgo.AnyType} }

func main() {
	var claims map[string]json.RawMessage
	check(json.Unmarshal([]byte(claimsText()), &claims))
	compiler := authcel.NewDefaultCompiler()
	fmt.Printf("11 claims; nanoseconds an evaluation, median and fastest of %d, and allocations\n", rounds)
	for _, r := range rules {
		compiled, err := compiler.CompileClaimsExpression(rule(r[1]))
		check(err)
		// The claims are wrapped anew for each token, and one token meets many expressions: values that were
		// read once are kept. Both are measured.
		kept := map[string]any{"claims": newClaimsValue(claims)}
		first := measure(func() {
			evaluate(compiled.Program, map[string]any{"claims": newClaimsValue(claims)})
		})
		again := measure(func() { evaluate(compiled.Program, kept) })
		fmt.Printf("%-26s %s   claims read before: %s\n", r[0], first, again)
	}
	first := rule(rules[0][1])
	fmt.Printf("%-26s %s\n", "to compile the first", measure(func() {
		_, err := compiler.CompileClaimsExpression(first)
		check(err)
	}))
}

func evaluate(program celgo.Program, variables map[string]any) {
	value, _, err := program.ContextEval(context.Background(), variables)
	check(err)
	if value != types.True {
		check(fmt.Errorf("unexpected: %v", value))
	}
}

func measure(run func()) string {
	var before, after runtime.MemStats
	run()
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	turns := 1
	once := func() time.Duration {
		start := time.Now()
		for range turns {
			run()
		}
		return time.Since(start)
	}
	for once() < round {
		turns *= 2
	}
	samples := make([]float64, rounds)
	for i := range samples {
		samples[i] = float64(once().Nanoseconds()) / float64(turns)
	}
	sort.Float64s(samples)
	return fmt.Sprintf("%10.1f %10.1f %7d", samples[rounds/2], samples[0], after.Mallocs-before.Mallocs)
}

// Eleven claims, one of them a list of 200 groups.
func claimsText() string {
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = fmt.Sprintf("%q", fmt.Sprintf("group-%d", i))
	}
	return `{"iss": "https://issuer.example.com", "sub": "248289761001", "aud": "kubernetes",
        "exp": 1893456000, "iat": 1893452400, "nbf": 1893452400, "email": "jane@example.com",
        "email_verified": true, "hd": "example.com", "azp": "cli", "groups": [` + strings.Join(groups, ", ") + `]}`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
