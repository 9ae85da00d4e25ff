// The same webhook made of kube-apiserver's own parts, to be loaded beside ours: its OIDC authenticator behind its
// token cache, over Go's TLS server.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/token/cache"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	certificate := flag.String("tls-cert-file", "", "PEM")
	key := flag.String("tls-private-key-file", "", "PEM")
	issuer := flag.String("issuer", "", "URL")
	ca := flag.String("ca", "", "PEM")
	audience := flag.String("audience", "", "the client's and the API server's")
	ttl := flag.Duration("cache-ttl", 10*time.Second, "0 for no cache")
	flag.Parse()

	ctx := context.Background()
	pem, err := os.ReadFile(*ca)
	check(err)
	roots, err := dynamiccertificates.NewStaticCAContent("issuer", pem)
	check(err)
	prefix := "oidc:"
	verifier, err := oidc.New(ctx, oidc.Options{
		JWTAuthenticator: apiserver.JWTAuthenticator{
			Issuer: apiserver.Issuer{URL: *issuer, CertificateAuthority: string(pem), Audiences: []string{*audience}},
			ClaimMappings: apiserver.ClaimMappings{
				Username: apiserver.PrefixedClaimOrExpression{Claim: "sub", Prefix: &prefix},
				Groups:   apiserver.PrefixedClaimOrExpression{Claim: "groups", Prefix: &prefix},
			},
		},
		CAContentProvider:    roots,
		SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(),
	})
	check(err)
	for verifier.HealthCheck() != nil {
		time.Sleep(100 * time.Millisecond)
	}
	audiences := authenticator.Audiences{*audience}
	judge := authenticator.WrapAudienceAgnosticToken(audiences, verifier)
	if *ttl > 0 {
		judge = cache.New(judge, true, *ttl, 0)
	}

	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { answer(judge, w, r) })
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	log.Printf("listening on %s", *listen)
	check(http.ListenAndServeTLS(*listen, *certificate, *key, nil))
}

func answer(judge authenticator.Token, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256<<10))
	var review authenticationv1.TokenReview
	if err == nil {
		err = json.Unmarshal(body, &review)
	}
	if err != nil {
		http.Error(w, "not a TokenReview", http.StatusBadRequest)
		return
	}
	ctx := r.Context()
	if len(review.Spec.Audiences) > 0 {
		ctx = authenticator.WithAudiences(ctx, review.Spec.Audiences)
	}
	found, ok, err := judge.AuthenticateToken(ctx, review.Spec.Token)
	review.Spec = authenticationv1.TokenReviewSpec{}
	review.Status = authenticationv1.TokenReviewStatus{Authenticated: ok}
	if err != nil {
		review.Status.Error = err.Error()
	}
	if ok && found != nil && found.User != nil {
		extra := map[string]authenticationv1.ExtraValue{}
		for name, values := range found.User.GetExtra() {
			extra[strings.ToLower(name)] = values
		}
		review.Status.User = authenticationv1.UserInfo{
			Username: found.User.GetName(), UID: found.User.GetUID(), Groups: found.User.GetGroups(), Extra: extra,
		}
		review.Status.Audiences = found.Audiences
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
