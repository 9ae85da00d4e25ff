// Records what the API server's RequestInfo resolver makes of HTTP requests. Run it with the file to write:
//
//	go run . ../../corpus/request-info.json
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"strings"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/klog/v2"
)

const seed = 1

type testCase struct {
	Method string `json:"method"`
	Target string `json:"target"`
	Expect expect `json:"expect"`
}

// Stage is "http" where net/http refuses the request line, "resolve" where the resolver fails, else empty.
type expect struct {
	Stage string `json:"stage,omitempty"`
	Error string `json:"error,omitempty"`
	Info  *info  `json:"info,omitempty"`
	// The message of the answer where nobody allows it to the user who is named below, for no reason.
	Forbidden string `json:"forbidden,omitempty"`
}

const userName = "<b>\"é\u0301\\\t\u0000\u00a0\u200b&\u007f"

type info struct {
	IsResourceRequest bool   `json:"isResourceRequest"`
	Path              string `json:"path"`
	Verb              string `json:"verb"`
	APIPrefix         string `json:"apiPrefix,omitempty"`
	APIGroup          string `json:"apiGroup,omitempty"`
	APIVersion        string `json:"apiVersion,omitempty"`
	Namespace         string `json:"namespace,omitempty"`
	Resource          string `json:"resource,omitempty"`
	Subresource       string `json:"subresource,omitempty"`
	Name              string `json:"name,omitempty"`
	FieldSelector     string `json:"fieldSelector,omitempty"`
	LabelSelector     string `json:"labelSelector,omitempty"`
}

func main() {
	klog.SetLogger(logr.Discard())
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: requestinfo FILE")
		os.Exit(2)
	}
	seen := map[string]bool{}
	var lines []string
	for _, one := range append(written(), drawn(rand.New(rand.NewSource(seed)), 500)...) {
		key := one.Method + " " + one.Target
		if seen[key] {
			continue
		}
		seen[key] = true
		one.Expect = resolve(one.Method, one.Target)
		var line strings.Builder
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(one); err != nil {
			panic(err)
		}
		lines = append(lines, "  "+strings.TrimSpace(line.String()))
	}
	head := `{"format": 1,
 "oracle": {"apiserver": "v0.37.2", "program": "conformance/oracle/requestinfo", "seed": %d},
 "requestInfo": [
`
	text := fmt.Sprintf(head, seed) + strings.Join(lines, ",\n") + "\n ]}\n"
	if err := os.WriteFile(os.Args[1], []byte(text), 0o644); err != nil {
		panic(err)
	}
}

func resolve(method, target string) expect {
	wire := method + " " + target + " HTTP/1.1\r\nHost: example.com\r\n\r\n"
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
	if err != nil {
		return expect{Stage: "http", Error: err.Error()}
	}
	resolver := request.RequestInfoFactory{
		APIPrefixes:          sets.NewString("api", "apis"),
		GrouplessAPIPrefixes: sets.NewString("api"),
	}
	i, err := resolver.NewRequestInfo(req)
	if err != nil {
		return expect{Stage: "resolve", Error: err.Error()}
	}
	attributes := authorizer.AttributesRecord{
		User:            &user.DefaultInfo{Name: userName},
		Verb:            i.Verb,
		Namespace:       i.Namespace,
		APIGroup:        i.APIGroup,
		APIVersion:      i.APIVersion,
		Resource:        i.Resource,
		Subresource:     i.Subresource,
		Name:            i.Name,
		ResourceRequest: i.IsResourceRequest,
		Path:            i.Path,
	}
	message := responsewriters.ForbiddenStatusError(attributes, "").Error()
	return expect{Forbidden: message, Info: &info{
		IsResourceRequest: i.IsResourceRequest,
		Path:              i.Path,
		Verb:              i.Verb,
		APIPrefix:         i.APIPrefix,
		APIGroup:          i.APIGroup,
		APIVersion:        i.APIVersion,
		Namespace:         i.Namespace,
		Resource:          i.Resource,
		Subresource:       i.Subresource,
		Name:              i.Name,
		FieldSelector:     i.FieldSelector,
		LabelSelector:     i.LabelSelector,
	}}
}
