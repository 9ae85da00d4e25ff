// Dex on loopback over TLS, from its Go module: dex PORT FOLDER WEB
// FOLDER holds cert.pem, key.pem and what is kept of Dex's keys, WEB has its templates. Prints "ready". The order
// "rotate" on standard input waits until Dex has new keys, which it makes by its own clock.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
)

// Dex looks every 30 s whether it is time for new keys. Old ones stay published for as long as an ID token lives.
const (
	rotateKeysAfter  = 40 * time.Second
	idTokensValidFor = 20 * time.Minute
)

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: dex PORT FOLDER WEB"))
	}
	port, folder, web := os.Args[1], os.Args[2], os.Args[3]
	logger := logrus.New()
	logger.SetLevel(logrus.WarnLevel)
	kept := memory.New(logger)
	keysFile := filepath.Join(folder, "keys.json")
	restore(kept, keysFile)
	clients := storage.WithStaticClients(kept, []storage.Client{{
		ID: "e2e-RS256", Secret: "not-a-secret", Name: "e2e", RedirectURIs: []string{"https://app.example.test/back"},
	}})
	connectors := storage.WithStaticConnectors(clients, []storage.Connector{
		{ID: "mock", Type: "mockCallback", Name: "mock", Config: []byte("{}")},
	})
	dex, err := server.NewServer(context.Background(), server.Config{
		Issuer:             "https://localhost:" + port + "/dex",
		Storage:            connectors,
		SkipApprovalScreen: true,
		RotateKeysAfter:    rotateKeysAfter,
		IDTokensValidFor:   idTokensValidFor,
		Web:                server.WebConfig{Dir: web},
		Logger:             logger,
		PrometheusRegistry: prometheus.NewRegistry(),
	})
	fail(err)

	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	fail(err)
	go func() {
		certificate, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
		fail((&http.Server{Handler: dex}).ServeTLS(listener, certificate, key))
	}()
	fmt.Println("ready")
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		if strings.TrimSpace(orders.Text()) == "rotate" {
			before := signer(kept)
			for signer(kept) == before {
				time.Sleep(100 * time.Millisecond)
			}
		}
		fmt.Println("done")
	}
	keep(kept, keysFile)
}

// The storage is in memory; over a restart, its keys are kept as one of Dex's databases would keep them.
func keep(kept storage.Storage, file string) {
	keys, err := kept.GetKeys()
	fail(err)
	text, err := json.Marshal(keys)
	fail(err)
	fail(os.WriteFile(file, text, 0o600))
}

func restore(kept storage.Storage, file string) {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return
	}
	fail(err)
	var keys storage.Keys
	fail(json.Unmarshal(text, &keys))
	fail(kept.UpdateKeys(func(storage.Keys) (storage.Keys, error) { return keys, nil }))
}

func signer(kept storage.Storage) string {
	keys, err := kept.GetKeys()
	fail(err)
	return keys.SigningKeyPub.KeyID
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "dex:", err)
		os.Exit(1)
	}
}
