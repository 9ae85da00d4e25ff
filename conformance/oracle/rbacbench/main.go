// Measures the API server's RBAC authorizer over the objects of crates/k8s/benches/rbac.rs, as that benchmark does:
//
//	go run .
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sort"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	rbaclisters "k8s.io/client-go/listers/rbac/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
)

const (
	roles            = 1_000
	rulesOfARole     = 10
	namespaces       = 100
	groupsOfTheUser  = 20
	samples          = 51
	decisionsInASpan = 20
)

func main() {
	fmt.Printf("%d rules, a user in %d groups; nanoseconds, median of %d\n", roles*rulesOfARole, groupsOfTheUser, samples)
	fmt.Println("bindings  bound to the user  allow  no opinion  allocations on allow")
	for _, size := range [][2]int{{1_000, 1}, {1_000, 20}, {10_000, 1}, {10_000, 20}, {100_000, 20}, {10_000, 200}} {
		decider := objects(size[0], size[1])
		allow, allocations := measure(decider, attributes(fmt.Sprintf("r%d", size[1]-1)), authorizer.DecisionAllow)
		none, _ := measure(decider, attributes("nothing"), authorizer.DecisionNoOpinion)
		fmt.Printf("%8d  %17d  %5d  %10d  %20d\n", size[0], size[1], allow, none, allocations)
	}
}

func attributes(resource string) authorizer.Attributes {
	who := &user.DefaultInfo{Name: "system:serviceaccount:n0:me"}
	for i := range groupsOfTheUser {
		who.Groups = append(who.Groups, fmt.Sprintf("oidc:team-%d", i))
	}
	return authorizer.AttributesRecord{
		User: who, Verb: "get", Namespace: "n0", APIGroup: "apps", Resource: resource, Name: "x", ResourceRequest: true,
	}
}

func measure(decider *rbac.RBACAuthorizer, asked authorizer.Attributes, expected authorizer.Decision) (int64, uint64) {
	decide := func() {
		if decision, _, err := decider.Authorize(context.Background(), asked); decision != expected || err != nil {
			fmt.Fprintln(os.Stderr, "unexpected:", decision, err)
			os.Exit(1)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	decide()
	runtime.ReadMemStats(&after)
	spans := make([]int64, samples)
	for i := range spans {
		start := time.Now()
		for range decisionsInASpan {
			decide()
		}
		spans[i] = time.Since(start).Nanoseconds() / decisionsInASpan
	}
	sort.Slice(spans, func(a, b int) bool { return spans[a] < spans[b] })
	return spans[samples/2], after.Mallocs - before.Mallocs
}

func objects(bindings, concerning int) *rbac.RBACAuthorizer {
	newIndexer := func() cache.Indexer {
		return cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	}
	clusterRoles, clusterRoleBindings, roleBindings, ownRoles := newIndexer(), newIndexer(), newIndexer(), newIndexer()
	add := func(indexer cache.Indexer, object any) {
		if err := indexer.Add(object); err != nil {
			panic(err)
		}
	}
	for i := range roles {
		role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("role-%d", i)}}
		rule := func(resource string, verbs ...string) {
			role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: []string{"apps"}, Resources: []string{resource}, Verbs: verbs})
		}
		for j := 1; j < rulesOfARole; j++ {
			rule(fmt.Sprintf("r%d-%d", i, j), "get", "list")
		}
		rule(fmt.Sprintf("r%d", i), "list", "get")
		add(clusterRoles, role)
	}
	for i := range bindings {
		group, namespace := groupsOfTheUser+i, i%namespaces
		if i < concerning {
			group, namespace = i%groupsOfTheUser, 0
		}
		meta := metav1.ObjectMeta{Name: fmt.Sprintf("binding-%06d", i)}
		reference := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: fmt.Sprintf("role-%d", i%roles)}
		subjects := []rbacv1.Subject{
			{Kind: "Group", APIGroup: rbacv1.GroupName, Name: fmt.Sprintf("oidc:team-%d", group)},
			{Kind: "User", APIGroup: rbacv1.GroupName, Name: fmt.Sprintf("user-%d", i)},
		}
		if i%2 == 0 {
			add(clusterRoleBindings, &rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: reference, Subjects: subjects})
			continue
		}
		meta.Namespace = fmt.Sprintf("n%d", namespace)
		add(roleBindings, &rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: reference, Subjects: subjects})
	}
	return rbac.New(
		&rbac.RoleGetter{Lister: rbaclisters.NewRoleLister(ownRoles)},
		&rbac.RoleBindingLister{Lister: rbaclisters.NewRoleBindingLister(roleBindings)},
		&rbac.ClusterRoleGetter{Lister: rbaclisters.NewClusterRoleLister(clusterRoles)},
		&rbac.ClusterRoleBindingLister{Lister: rbaclisters.NewClusterRoleBindingLister(clusterRoleBindings)},
	)
}
