package main

import (
	"math/rand"
	"strings"
)

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "get", "Get", "FROB"}

// Each with every method.
var paths = []string{
	"/", "/healthz", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/version/",
	"/api/v1/nodes", "/api/v1/nodes/n1", "/api/v1/nodes/n1/status",
	"/api/v1/namespaces", "/api/v1/namespaces/web", "/api/v1/namespaces/web/status", "/api/v1/namespaces/web/finalize",
	"/api/v1/namespaces/web/pods", "/api/v1/namespaces/web/pods/p", "/api/v1/namespaces/web/pods/p/log",
	"/apis/apps/v1/deployments", "/apis/apps/v1/namespaces/web/deployments/d/scale",
	"/api/v1/watch/pods", "/api/v1/watch/namespaces/web/pods/p", "/api/v1/proxy/namespaces/web/pods/p/x/y",
}

// Each with GET and DELETE.
var oddPaths = []string{
	"//", "//healthz", "/healthz/", "/healthz//etcd", "/./healthz", "/../api/v1/pods", "/healthz/../api/v1/pods",
	"/API/v1/pods", "/apis/v1", "/apis//v1/pods", "/apis/a.b.c/v1beta1/things/x", "/api//pods/x", "/apix/v1/pods",
	"/api/v1/", "/api/v1/pods/", "//api//v1//pods", "//api/v1/pods//", "/api/v1/pods//log", "/api/v1/pods///",
	"/api/v1/namespaces/", "/api/v1/namespaces//pods", "/api/v1/namespaces//pods/p", "/api/v1/namespaces/web/",
	"/api/v1/namespaces/web//p", "/api/v1/namespaces/web/status/x", "/api/v1/namespaces/web/finalize/x/y",
	"/api/v1/namespaces/web/Status", "/api/v1/namespaces/namespaces/namespaces", "/api/v1/namespaces/status",
	"/api/v1/namespaces/web/namespaces/x", "/api/v1/namespaces/web/namespaces/x/pods/p",
	"/api/v1/namespaces/web/pods/p/exec/a/b/c", "/api/v1/namespaces/web/services/https:s:443/proxy/a/b",
	"/api/v1/watch", "/api/v1/watch/", "/api/v1/proxy", "/apis/apps/v1/watch", "/apis/apps/v1/proxy",
	"/api/v1/watch/watch/pods", "/api/v1/watch/namespaces", "/api/v1/watch/namespaces/web", "/api/v1/WATCH/pods",
	"/api/v1/watch/namespaces/web/status", "/api/v1/watch/pods/p/log", "/api/v1/proxy/nodes/n1/stats/summary",
	"/api/v1/proxy/nodes", "/api/v1/proxy/namespaces/web/status", "/apis/apps/v1/proxy/deployments/d/scale",
	"/api/v1/pods%2Fp", "/api%2Fv1%2Fpods%2Fp%2Flog", "/api/v1/pods/a%2Fb", "/api/v1/pods/%70", "/api/v1/pods/a%20b",
	"/api/v1/pods/a+b", "/api/v1/pods/%25", "/api/v1/pods/%2e%2e", "/api/v1/pods/..", "/api/v1/pods/%C3%A9", "/api/v1/pods/é",
	"/api/v1/pods/%00", "/api/v1/pods/%", "/api/v1/pods/%2", "/api/v1/pods/%zz", "/healthz%3Fx", "/healthz%zz",
	"/api/v1/pods/a;b=c", "/api/v1/pods/a#b", "/api/v1/*", "/api/v1/pods/*", "/apis/*/*/*", "*", "x", "", "api/v1/pods",
	"/api/v1/namespaces/%77eb/pods", "/api/v1/n%61mespaces/web/pods", "/api/v1/%77atch/pods", "/%61pi/v1/pods",
}

// Each on a collection, with GET, HEAD, DELETE and POST; and on an object with GET.
var queries = []string{
	"", "?", "?watch", "?watch=", "?watch=true", "?watch=1", "?watch=0", "?watch=false", "?watch=FALSE", "?watch=False",
	"?watch=no", "?watch=fal%C5%BFe", "?Watch=true", "?watch=0&watch=1", "?watch=1&watch=0", "?wat%63h=1", "?watch;x=1",
	"?watch=1;x", "?watch=%zz", "?%zz=1&watch=1", "?watch=+0", "?=&watch=1", "?&&watch=1",
	"?limit=5", "?limit=+5&watch=1", "?limit=x", "?limit=x&watch=1", "?limit=x&watch=FALSE", "?limit=x&watch=fal%C5%BFe",
	"?limit=", "?limit=5_0&fieldSelector=metadata.name=p", "?limit=9223372036854775807&fieldSelector=metadata.name=p",
	"?limit=9223372036854775808&fieldSelector=metadata.name=p", "?limit=-1&fieldSelector=metadata.name=p",
	"?limit=1&limit=x&fieldSelector=metadata.name=p", "?limit=0x1&fieldSelector=metadata.name=p",
	"?timeoutSeconds=1.5&fieldSelector=metadata.name=p", "?timeoutSeconds=&fieldSelector=metadata.name=p",
	"?timeoutSeconds=60&watch=1&fieldSelector=metadata.name=p", "?allowWatchBookmarks=x&fieldSelector=metadata.name=p",
	"?sendInitialEvents=x&resourceVersionMatch=y&fieldSelector=metadata.name=p", "?other=%zz&fieldSelector=metadata.name=p",
	"?fieldSelector=", "?fieldSelector=metadata.name=p", "?fieldSelector=metadata.name%3Dp", "?fieldSelector=metadata.name==p",
	"?fieldSelector=metadata.name===p", "?fieldSelector=metadata.name!=p", "?fieldSelector=metadata.name", "?fieldSelector==",
	"?fieldSelector==p", "?fieldSelector=metadata.name=", "?fieldSelector=metadata.name=p,", "?fieldSelector=,metadata.name=p",
	"?fieldSelector=,", "?fieldSelector=metadata.name=p,spec.nodeName=n", "?fieldSelector=spec.nodeName=n,metadata.name=p",
	"?fieldSelector=metadata.name=p,x", "?fieldSelector=metadata.name=b,metadata.name=a",
	"?fieldSelector=metadata.name=b,metadata.name==c", "?fieldSelector=metadata.name!=a,metadata.name=b",
	"?fieldSelector=metadata.name=a/b", "?fieldSelector=metadata.name=a%2525b", "?fieldSelector=metadata.name=.",
	"?fieldSelector=metadata.name=..", "?fieldSelector=metadata.name=...", "?fieldSelector=metadata.name=a+b",
	"?fieldSelector=+metadata.name=p", "?fieldSelector=metadata.name+=p", "?fieldSelector=metadata.name=p+",
	`?fieldSelector=metadata.name=a\,b`, `?fieldSelector=metadata.name=a\=b`, `?fieldSelector=metadata.name=a\\b`,
	`?fieldSelector=metadata.name=a\b`, `?fieldSelector=metadata.name=a\`, `?fieldSelector=metadata.name=a=b`,
	`?fieldSelector=a\,metadata.name=p`, `?fieldSelector=a\=metadata.name=p`, `?fieldSelector=a=\,,metadata.name=p`,
	"?fieldSelector=Metadata.Name=p", "?fieldSelector=metadata.name=P", "?fieldSelector=metadata.name=%C3%A9",
	"?fieldSelector=metadata.name=%00", "?fieldSelector=metadata.name=p&fieldSelector=metadata.name=q",
	"?fieldSelector=&fieldSelector=metadata.name=q", "?fieldselector=metadata.name=p", "?fieldSelector=metadata.namespace=web",
	"?fieldSelector=metadata.name=p;x", "?watch=1&fieldSelector=metadata.name=p", "?watch=1&fieldSelector=metadata.name",
	"?fieldSelector=metadata.name>p", "?fieldSelector=metadata.name=p&resourceVersion=x&continue=y&shardSelector=%3D",
}

// Each beside a field selector that gives a name, which a label selector that cannot be read takes away again.
var labelSelectors = []string{
	"", "a", "!a", "!!a", "a=b", "a==b", "a!=b", "a===b", "a=", "a==", "a!=", "a=b,c=d", "a=b,", ",a=b", "a,,b", "a b", "a = b",
	"%09a%0D%0A=b", "a in (b)", "a in (b,c)", "a in ()", "a in (,)", "a in (b,)", "a in (,b)", "a in (b,,c)", "a in (b c)", "a in b",
	"a in(b)", "a in", "a in (b", "a in (", "a in )", "a in (in)", "in in (notin)", "in", "notin", "notin notin (in)",
	"a notin (b)", "a notin ()", "!a in (b)", "!a=b", "!", "a!", "a=!b", "a!b", "a>1", "a<1", "a>", "a>b", "a>-1", "a>1.5",
	"a>99999999999999999999", "a>9223372036854775807", "a>01", "a in (b),c notin (d)", "a in (b)c", "a in (=)", "(a)", ")", "=b", "=",
	"a=b=c", "a=b c", "a/b=c", "a/b/c=d", "/a=b", "a/=b", "A.b/c=d", "a.B/c=d", "é=b", "a=é", "a=-b", "-a=b", "a=b-", "a=b.c_d", "a..b/c",
	"a%00", "a%00=b", "a=%00b", "a%00%00=", "%00=", "a=%00%00)", "a=b%00)", "a=b%00,c", "a in (b%00,c)",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=b",
	"a=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "a=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
}

func written() []testCase {
	var cases []testCase
	add := func(method, target string) { cases = append(cases, testCase{Method: method, Target: target}) }
	for _, path := range paths {
		for _, method := range methods {
			add(method, path)
		}
	}
	for _, path := range oddPaths {
		add("GET", path)
		add("DELETE", path)
	}
	for _, query := range queries {
		add("GET", "/api/v1/namespaces/web/pods"+query)
		add("DELETE", "/api/v1/namespaces/web/pods"+query)
		add("GET", "/api/v1/pods/q"+query)
		if strings.Contains(query, "watch") {
			add("HEAD", "/apis/apps/v1/deployments"+query)
			add("POST", "/apis/apps/v1/deployments"+query)
			add("GET", "/healthz"+query)
			add("GET", "/api/v1/watch/pods"+query)
			add("GET", "/api/v1/namespaces"+query)
		}
	}
	escape := strings.NewReplacer(" ", "+")
	for _, selector := range labelSelectors {
		add("GET", "/api/v1/pods?fieldSelector=metadata.name=p&labelSelector="+escape.Replace(selector))
	}
	add("GET", "/api/v1/pods?labelSelector=a=b&labelSelector=)&fieldSelector=metadata.name=p")
	add("GET", "/api/v1/pods?labelSelector=)&watch=1&fieldSelector=metadata.name=p")
	add("DELETE", "/api/v1/pods?labelSelector=)&fieldSelector=x")
	return cases
}

// Put together at random from the same parts.
func drawn(random *rand.Rand, count int) []testCase {
	pick := func(list []string) string { return list[random.Intn(len(list))] }
	segments := []string{"", "api", "apis", "v1", "apps", "namespaces", "web", "pods", "p", "log", "status", "finalize",
		"watch", "proxy", "%2F", "%70ods", "..", "*"}
	cases := make([]testCase, 0, count)
	for range count {
		parts := []string{"", pick([]string{"api", "apis", "apis", "healthz", ""})}
		for range random.Intn(9) {
			parts = append(parts, pick(segments))
		}
		query := ""
		switch random.Intn(4) {
		case 0:
			query = pick(queries)
		case 1:
			query = pick(queries) + "&labelSelector=" + strings.ReplaceAll(pick(labelSelectors), " ", "+")
			query = "?" + strings.TrimLeft(query, "?&")
		}
		cases = append(cases, testCase{Method: pick(methods), Target: strings.Join(parts, "/") + query})
	}
	return cases
}
