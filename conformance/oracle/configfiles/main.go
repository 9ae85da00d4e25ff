// Configfiles puts texts to the code with which kube-apiserver loads and validates the file of its flag
// --authentication-config, and writes what came out as a recording.
//
//	configfiles -seed 1 -count 400 >../../corpus/config-files-generated.json
//	configfiles -in texts.json >judged.json      (the cases of a recording, judged anew)
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	v1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
)

type testCase struct {
	Name       string  `json:"name"`
	Text       *string `json:"text,omitempty"`
	TextBase64 string  `json:"textBase64,omitempty"`
	Expect     *expect `json:"expect,omitempty"`
}

type expect struct {
	Stage  string                          `json:"stage"`
	Error  string                          `json:"error,omitempty"`
	Config *v1.AuthenticationConfiguration `json:"config,omitempty"`
}

type recording struct {
	Format int               `json:"format"`
	Oracle map[string]string `json:"oracle"`
	Cases  []testCase        `json:"cases"`
}

var (
	scheme   = runtime.NewScheme()
	codecs   = serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	compiler = authenticationcel.NewDefaultCompiler()
)

func main() {
	seed := flag.Uint64("seed", 1, "of the generator")
	count := flag.Int("count", 400, "texts to generate")
	in := flag.String("in", "", "a recording whose texts are judged, instead of generated ones")
	even := flag.Bool("even", false, "as many accepted texts as refused ones")
	flag.Parse()
	install.Install(scheme)

	out := recording{Format: 1, Oracle: map[string]string{"k8s.io/apiserver": "v0.37.2"}}
	switch {
	case *in != "":
		if err := judgeFile(*in, &out); err != nil {
			fmt.Fprintln(os.Stderr, "configfiles:", err)
			os.Exit(2)
		}
	default:
		generate(*seed, *count, *even, &out)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		fmt.Fprintln(os.Stderr, "configfiles:", err)
		os.Exit(2)
	}
}

func judgeFile(path string, out *recording) error {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var texts recording
	if err := json.Unmarshal(bytes, &texts); err != nil {
		return err
	}
	for _, c := range texts.Cases {
		text := []byte(nil)
		if c.Text != nil {
			text = []byte(*c.Text)
		} else if text, err = base64.StdEncoding.DecodeString(c.TextBase64); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		out.Cases = append(out.Cases, record(c.Name, text))
	}
	return nil
}

func generate(seed uint64, count int, even bool, out *recording) {
	g := generator{rand.New(rand.NewPCG(seed, 37))}
	seen, accepted := map[string]bool{}, 0
	for tries := 0; len(out.Cases) < count && tries < 50*count; tries++ {
		name, text := g.text()
		if seen[string(text)] {
			continue
		}
		seen[string(text)] = true
		c := record(fmt.Sprintf("%d: %s", len(out.Cases), name), text)
		if c.Expect.Stage == "ok" {
			accepted++
		} else if even && len(out.Cases)-accepted >= (count+1)/2 {
			continue
		}
		out.Cases = append(out.Cases, c)
	}
}

func record(name string, text []byte) testCase {
	c := testCase{Name: name, Expect: judge(text)}
	if utf8.Valid(text) {
		s := string(text)
		c.Text = &s
	} else {
		c.TextBase64 = base64.StdEncoding.EncodeToString(text)
	}
	return c
}

// judge does what loadAuthenticationConfig of kube-apiserver does, and then what the flag's validation does.
func judge(text []byte) *expect {
	config, err := decode(text)
	if err != nil {
		return &expect{Stage: "decode", Error: err.Error()}
	}
	if err := validation.ValidateAuthenticationConfiguration(compiler, config, nil).ToAggregate(); err != nil {
		return &expect{Stage: "validate", Error: err.Error()}
	}
	versioned := &v1.AuthenticationConfiguration{}
	if err := scheme.Convert(config, versioned, nil); err != nil {
		return &expect{Stage: "decode", Error: err.Error()}
	}
	versioned.Kind, versioned.APIVersion = "AuthenticationConfiguration", v1.SchemeGroupVersion.String()
	return &expect{Stage: "ok", Config: versioned}
}

func decode(text []byte) (config *apiserver.AuthenticationConfiguration, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	if len(text) == 0 {
		return nil, errors.New("empty config data")
	}
	object, err := runtime.Decode(codecs.UniversalDecoder(), text)
	if err != nil {
		return nil, err
	}
	config, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("expected AuthenticationConfiguration, got %T", object)
	}
	return config, nil
}
