package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// generator writes configurations in every style that YAML has, and then damages some of them.
type generator struct{ *rand.Rand }

func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

// A member or an element is a string (a scalar as it is to be written), a list or a mapping.
type pair struct {
	key   string
	value any
}

func (g generator) text() (string, []byte) {
	name := "written"
	w := writer{generator: g, anchors: map[string]bool{}, odd: pick(g, 0, 1, 2, 4, 8)}
	text := w.file(g.config(w.odd))
	if g.chance(35) {
		for range 1 + g.IntN(3) {
			var how string
			how, text = g.damage(text)
			name += ", " + how
		}
	}
	bytes := []byte(text)
	if text != "" && g.chance(8) {
		var how string
		how, bytes = g.encode(text)
		name += ", " + how
	}
	return name, bytes
}

var scalars = []string{
	"yes", "no", "on", "off", "y", "n", "Y", "N", "true", "False", "TRUE", "oN", "yES", "null", "Null", "NULL", "~", "nULL",
	"0", "-0", "+1", "0123", "08", "0o17", "0O17", "0x1F", "0X1f", "0x", "0b101", "0b-101", "-0b1", "+0b1", "0b2", "1_000",
	"1__0", "_1", "1_", "0_x1F", "-_1", "18446744073709551616", "9223372036854775808", "-9223372036854775809", "1.", ".5", "-.5",
	".5_0", ".5_", "1e3", "1e400", "1.5E-3", ".5e999", "1e", "e1", ".", "-", "+", "..", "...x", "--", "---x", ".inf", "-.INF",
	"+.Inf", ".iNF", ".nan", ".NaN", "-.nan", "inf", "nan", "12:30:45", "1:2", "190:20:30", "2026-11-25", "2026-1-2",
	"2026-11-25T10:00:00Z", "2026-11-25 10:00:00", "=", "<<", "'yes'", `"no"`, "'it''s'", `"a\tb"`, `"\x41\u00e9\U0001F600"`,
	`"\/"`, `"\'"`, `"\N\_\L\P\e\0"`, `"\z"`, `"\ud800"`, `"\x4"`, `"a\`, "'a", `"a`, `""`, "''", "ü", "😀", "a\u2028b", "a\u0085b",
	"!!str 5", "!!str", "!!str yes", "!!int 5", "!!int x", "!!bool yes", "!!bool 'yes'", "!!bool x", "!!null ''", "!!null x", "!!null",
	"!!float 1", "!!float x", "!!binary aGVsbG8=", "!!binary aGVsbG8", "!!binary aGVsbG9=", "!!binary /w==", "!!binary '!'",
	"!!timestamp 2026-11-25", "!!timestamp 2026-02-30", "!!timestamp x", "!!timestamp 2026-1-2t3:4:5+01:00",
	"!!timestamp 2026-1-2  3:4:5.6", "!!timestamp '2026-1-2 24:00:00'", "!custom x", "! x", "! 5", "! ''", "!", "!<tag:yaml.org,2002:str> 5",
	"!<!> 5", "!<x y", "!a!b x", "!%41 x", "!%ff x", "!%e2%82%ac x", "!%4 x", "!! x", "!!map x", "!!seq x", "!!merge x", "!a,b x", "![a] x", "!{a} x",
	"&a x", "&a", "&a *a", "&a &b x", "&a !!str 5", "!!str &a 5", "!!str !!str 5", "& x", "&ä x", "&a: x", "*nope", "*", "@x", "`x", "%x", "x%",
	"x # c", "x#c", "# c", "x: y", "x:y", ":x", ": x", "?x", "? x", "-x", "- x", ",x", "x,y", "[a]", "[a", "{a: b}", "{a", "]x", "}x", "x]", "x}",
	"[a, b]", "[]", "{}", "[[]]", "[a:b]", "{a:b}", "[a: b]", "[? a]", "[a?b]", "[?a]", "[:a]", "[a,]", "[,]", "[a,,b]", "['a':b]", `["a":b]`, "[a\n]", "[#]",
	"[!a,b]", "[!a ,b]", "[*a,b]", "[&a,b]", "[a, # c\n b]", "{a}", "{a,b}", "{? a : b}", "{a: b, <<: {c: d}}", "[{}: x]", "[[]: x]", "{[]: x}", "{a: b, a: c}",
	"|x", "|-0", "|10", "| x", ">-1 # c", "\tx", "x\t", "x\ty", "a  b", "a b",
	"https://x.example", "https://x.example/a?b#c", "'https://x.example'", "sub", "email", `"oidc:"`, "claims.sub", "claims.a == 'b'", "!claims.a",
	"\"claims.sub + '-x'\"", "claims.?a.orValue('b')", "claims.a ? 'b' : 'c'", "{a: b}[c]", "user.username != 'x' && !user.username.startsWith('system:')",
}

// config is mostly one that loads.
func (g generator) config(odd int) []pair {
	scalar := func(good ...string) any {
		if g.IntN(100) < odd {
			return pick(g, scalars...)
		}
		return pick(g, good...)
	}
	issuer := func(n int) []pair {
		p := []pair{{"url", scalar(fmt.Sprintf("https://i%d.example", n))}}
		audiences := []any{scalar("a", "'b'", "c d", `"e"`)}
		if g.chance(30) {
			audiences = append(audiences, scalar("f", "'yes'", "x-1"))
			p = append(p, pair{"audienceMatchPolicy", scalar("MatchAny", "'MatchAny'")})
		}
		p = append(p, pair{"audiences", audiences})
		if g.chance(10) {
			p = append(p, pair{"discoveryURL", scalar(fmt.Sprintf("https://d%d.example/.well-known", n), "null", `""`)})
		}
		if g.chance(5) {
			p = append(p, pair{"egressSelectorType", scalar("cluster", "controlplane")})
		}
		return p
	}
	prefixed := func() []pair {
		if g.chance(25) {
			return []pair{{"expression", scalar("claims.sub", "'claims.sub'", `"claims.a + 'x'"`, "claims.a")}}
		}
		return []pair{{"claim", scalar("sub", "'a'", `"b c"`, "d:e")}, {"prefix", scalar(`""`, "''", "'x:'", "p-q", `"z\t"`)}}
	}
	jwt := func(n int) []pair {
		mappings := []pair{{"username", prefixed()}}
		if g.chance(30) {
			mappings = append(mappings, pair{"groups", prefixed()})
		}
		if g.chance(20) {
			mappings = append(mappings, pair{"uid", []pair{{pick(g, "claim", "claim", "expression"), scalar("claims.x", "'claims.y'")}}})
		}
		if g.chance(15) {
			mappings = append(mappings, pair{"extra", []any{[]pair{{"key", scalar("a.example/b", "'a.example/c'")}, {"valueExpression", scalar("claims.z", "\"'x'\"")}}}})
		}
		p := []pair{{"issuer", issuer(n)}, {"claimMappings", mappings}}
		if g.chance(30) {
			p = append(p, pair{"claimValidationRules", []any{[]pair{{"claim", scalar("hd", "'x'")}, {"requiredValue", scalar("a", "'1'", `"no"`, "b c", `""`)}}}})
		}
		if g.chance(15) {
			p = append(p, pair{"userValidationRules", []any{[]pair{{"expression", scalar("user.username != ''", "'!user.username.startsWith(\"x\")'")}, {"message", scalar("a: no", "'b'", "c d e")}}}})
		}
		g.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
		return p
	}
	top := []pair{
		{"apiVersion", scalar("apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1", "'apiserver.config.k8s.io/v1alpha1'")},
		{"kind", scalar("AuthenticationConfiguration", `"AuthenticationConfiguration"`)},
	}
	list := []any{}
	for n := range pick(g, 0, 1, 1, 1, 1, 2, 3) {
		list = append(list, jwt(n))
	}
	top = append(top, pair{"jwt", list})
	if g.chance(15) {
		anonymous := []pair{{"enabled", scalar("true", "yes", "on", "Y")}}
		if g.chance(50) {
			anonymous = append(anonymous, pair{"conditions", []any{[]pair{{"path", scalar("/livez", "'/readyz'", "/a b")}}}})
		}
		top = append(top, pair{"anonymous", anonymous})
	}
	if g.chance(30) {
		g.Shuffle(len(top), func(i, j int) { top[i], top[j] = top[j], top[i] })
	}
	return top
}

// writer writes a tree; odd is the chance of odd but mostly harmless styles.
type writer struct {
	generator
	anchors map[string]bool
	odd     int
}

func (w *writer) unusual() bool { return w.IntN(100) < w.odd }

func (w *writer) file(top []pair) string {
	var b strings.Builder
	if w.chance(10) {
		// Moves what follows against the pieces in which the text is read.
		b.WriteString("#" + strings.Repeat(pick(w.generator, "x", "ü", "\u2028#", "😀"), w.IntN(600)) + "\n")
	}
	if w.unusual() || w.unusual() {
		b.WriteString(pick(w.generator, "---\n", "--- # c\n", "%YAML 1.1\n---\n", "%YAML 1.2\n---\n", "%YAML 1.1 # c\n---\n", "%TAG !e! tag:yaml.org,2002:\n---\n", "%TAG ! tag:yaml.org,2002:\n---\n",
			"%FOO\n---\n", "%YAML 1.1\n", "# c\n", "\n\n", "\ufeff", "\ufeff\ufeff", "...\n", "--- !!map\n", "--- &top\n", "---\n---\n", "--- ", "%YAML 1.1\n%YAML 1.1\n---\n", "%YAML 1.100\n---\n", "%YAML 1\n---\n", "  # c\n", "\t# c\n", " \n"))
	}
	if w.unusual() && w.chance(20) {
		b.WriteString(w.flow(top) + "\n")
	} else {
		w.block(&b, top, 0)
	}
	if w.unusual() || w.unusual() {
		b.WriteString(pick(w.generator, "...\n", "---\n", "---\nfoo: bar\n", "---\n[\n", "...\n]\n", "# c", "... x\n", "---\n\x01\n", "\x01", "--- |\n"+strings.Repeat("x\n", 400)+"\x01\n", "%FOO\n", "...\n%FOO\n", "\t\n", "  \n", "}\n",
			"---\n"+strings.Repeat("x: y\n", 200)+"\xff\n", "---\n"+strings.Repeat("# c\n", 300)+"\x01\n"))
	}
	return b.String()
}

func (w *writer) key(k string) string {
	if !w.unusual() {
		return k + pick(w.generator, ": ", ": ", ": ", ":  ")
	}
	return pick(w.generator, "'"+k+"': ", `"`+k+`": `, k+" : ", "!!str "+k+": ", "&k"+fmt.Sprint(w.IntN(9))+" "+k+": ", k+":\t", "!x "+k+": ", "? "+k+"\n%s: ", "\""+k+"\":", "'"+k+"':", k+":", "\"\\x"+fmt.Sprintf("%02x", k[0])+k[1:]+"\": ")
}

func (w *writer) anchor() string {
	name := fmt.Sprintf("a%d", w.IntN(20))
	w.anchors[name] = true
	return name
}

// soup is text of what means something in YAML.
func (g generator) soup() string {
	var b strings.Builder
	for range 1 + g.IntN(9) {
		b.WriteString(pick(g, "a", "b", "x", "0", "1", " ", "  ", "\n", "\n  ", "\n          ", "\t", ":", ": ", "-", "- ", "?", "? ", ",", "[", "]", "{", "}", "#", " #", "&a", "&a ", "*a", "!", "!!str ", "! ",
			"|", "|\n", ">", "'", "''", "\"", "\\", "\\\n", "%", "@", "~", "=", "<", "<<", "<<: ", ".", "_", "e", "---", "...", "\r", "\u0085", "\u2028", "\ufeff", "ü", "😀"))
	}
	return b.String()
}

func (w *writer) scalar(s string, indent int) string {
	if !w.unusual() {
		return s
	}
	if w.chance(15) {
		return w.soup()
	}
	pad := strings.Repeat(" ", indent)
	plain := strings.Trim(s, `'"`)
	switch w.IntN(14) {
	case 0:
		return "'" + strings.ReplaceAll(plain, "'", "''") + "'"
	case 1:
		return fmt.Sprintf("%q", plain)
	case 2:
		return pick(w.generator, "|", ">", "|-", ">-", "|+", ">+", "|2", ">1-", "|-3", "| # c") + "\n" + pad + pick(w.generator, "  ", "    ", " ", "") + plain + pick(w.generator, "", "\n", "\n\n", "\n"+pad+"  x", "\n\n"+pad+"  x", "\n"+pad+"   x\n"+pad+"  y", "\n\t", "\n"+pad+"# c")
	case 3:
		return "&" + w.anchor() + " " + s
	case 4:
		for name := range w.anchors {
			return "*" + name
		}
		return s
	case 5:
		return pick(w.generator, "!!str ", "!x ", "! ", "!!str &q ", "!<tag:yaml.org,2002:str> ", "!e!str ") + s
	case 6:
		return s + pick(w.generator, " # c", "  ", "\t", " \t# c", "#c")
	case 7:
		return "\n" + pad + "  " + s
	case 8:
		return plain + "\n" + pad + pick(w.generator, "  ", "", " ", "\t", "  \t") + "more"
	case 9:
		return "\"" + plain + pick(w.generator, " \\\n", "\n", "\n\n", "\\\n\n") + pad + pick(w.generator, "  more\"", "more\"", "\tmore\"", "  \\ more\"")
	case 10:
		return "'" + plain + pick(w.generator, "\n", " \n\n") + pad + "  more'"
	case 11:
		return pick(w.generator, scalars...)
	case 12:
		return "\n" + strings.Repeat(" ", w.IntN(6)) + s
	default:
		return s
	}
}

func (w *writer) block(b *strings.Builder, value any, indent int) {
	pad := strings.Repeat(" ", indent)
	line := func(head string, value any, at int) {
		if strings.Contains(head, "%s") {
			head = strings.ReplaceAll(head, "%s", strings.Repeat(" ", indent))
		}
		b.WriteString(head)
		switch v := value.(type) {
		case string:
			b.WriteString(w.scalar(v, indent) + "\n")
		default:
			if empty(v) || w.unusual() {
				b.WriteString(w.flow(v) + "\n")
				return
			}
			if w.unusual() {
				b.WriteString(pick(w.generator, "&"+w.anchor(), "!!map", "!!seq", "!x", "# c", "!!str", "!!null"))
			}
			b.WriteString("\n")
			w.block(b, v, at)
		}
	}
	switch v := value.(type) {
	case []pair:
		for i, p := range v {
			if w.unusual() {
				b.WriteString(pick(w.generator, "\n", pad+"# c\n", "# c\n", "   \n", "\t\n"))
			}
			if i > 0 || indent == 0 || b.Len() == 0 || strings.HasSuffix(b.String(), "\n") {
				b.WriteString(pad)
			}
			at := indent + 2
			if _, list := p.value.([]any); list {
				at = indent + pick(w.generator, 0, 2)
			}
			if w.unusual() {
				at += pick(w.generator, -1, 1, 2)
			}
			line(w.key(p.key), p.value, max(at, 0))
			if w.unusual() && w.chance(20) {
				b.WriteString(pad + pick(w.generator, "<<: {}\n", "<<: []\n", "<<: {message: a}\n", "<<: *a1\n", "<<: [*a1, *a2]\n", "<<: x\n", "'<<': {}\n", "!!merge <<: {}\n", "? <<\n: {}\n", p.key+": null\n", "<<: {"+p.key+": x}\n", "<<:\n", "<<: {<<: {}}\n"))
			}
		}
	case []any:
		for _, e := range v {
			b.WriteString(pad + "-")
			if p, mapping := e.([]pair); mapping && !w.unusual() {
				space := pick(w.generator, 1, 1, 1, 3)
				b.WriteString(strings.Repeat(" ", space))
				var inner strings.Builder
				w.block(&inner, p, indent+1+space)
				b.WriteString(strings.TrimLeft(inner.String(), " "))
				continue
			}
			line(" ", e, indent+2)
		}
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case []pair:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

func (w *writer) flow(value any) string {
	gap := func() string {
		if w.unusual() {
			return pick(w.generator, "\n", " ", "", "\t", " # c\n", "\n\n  ")
		}
		return " "
	}
	switch v := value.(type) {
	case []pair:
		parts := []string{}
		for _, p := range v {
			key := strings.ReplaceAll(w.key(p.key), "%s", "")
			parts = append(parts, key+w.flow(p.value))
		}
		return "{" + strings.Join(parts, ","+gap()) + pick(w.generator, "", "", " ", ",") + "}"
	case []any:
		parts := []string{}
		for _, e := range v {
			parts = append(parts, w.flow(e))
		}
		return "[" + strings.Join(parts, ","+gap()) + pick(w.generator, "", "", " ", ",") + "]"
	default:
		return w.scalar(v.(string), 1)
	}
}

func (g generator) damage(text string) (string, string) {
	if text == "" {
		return "nothing left", text
	}
	lines := strings.SplitAfter(text, "\n")
	at := g.IntN(len(lines))
	join := func() string { return strings.Join(lines, "") }
	switch g.IntN(12) {
	case 0:
		lines[at] = " " + lines[at]
		return "a line indented", join()
	case 1:
		lines[at] = strings.TrimPrefix(lines[at], pick(g, " ", "  "))
		return "a line dedented", join()
	case 2:
		lines[at] = ""
		return "a line dropped", join()
	case 3:
		lines[at] += lines[at]
		return "a line doubled", join()
	case 4:
		lines[at] = strings.Replace(lines[at], "  ", "\t", 1)
		return "a tab", join()
	case 5:
		lines[at] = strings.TrimSuffix(lines[at], "\n")
		return "a line joined", join()
	case 6, 7, 8:
		runes := []rune(text)
		i := g.IntN(len(runes) + 1)
		c := pick(g, []rune(":-?,[]{}#&*!|>'\"%@` \t\n\r\u0085\u2028\ufeff\\~=<.0ax\x00\x7fü😀")...)
		return "a character put in", string(runes[:i]) + string(c) + string(runes[i:])
	case 9:
		runes := []rune(text)
		i := g.IntN(len(runes))
		return "a character dropped", string(runes[:i]) + string(runes[i+1:])
	case 10:
		return "line ends", strings.ReplaceAll(text, "\n", pick(g, "\r\n", "\r", "\u0085", "\u2028", "\n\n", " \n", "\t\n"))
	default:
		i := g.IntN(len(text))
		return "cut", strings.ToValidUTF8(text[:i], "")
	}
}

func (g generator) encode(text string) (string, []byte) {
	units := utf16.Encode([]rune(text))
	var bytes []byte
	switch g.IntN(6) {
	case 0:
		for _, u := range append([]uint16{0xfeff}, units...) {
			bytes = binary.LittleEndian.AppendUint16(bytes, u)
		}
		return "UTF-16 little endian", bytes
	case 1:
		for _, u := range append([]uint16{0xfeff}, units...) {
			bytes = binary.BigEndian.AppendUint16(bytes, u)
		}
		return "UTF-16 big endian", bytes
	case 2:
		for _, u := range append([]uint16{0xfeff}, units...) {
			bytes = binary.LittleEndian.AppendUint16(bytes, u)
		}
		if i := 2 * g.IntN(len(units)); g.chance(50) {
			binary.LittleEndian.PutUint16(bytes[i:], pick[uint16](g, 0xd800, 0xdc00, 0))
		} else {
			bytes = bytes[:len(bytes)-1]
		}
		return "UTF-16 broken", bytes
	case 3:
		return "a byte order mark", []byte("\ufeff" + text)
	case 4:
		bytes = []byte(text)
		bytes[g.IntN(len(bytes))] = byte(0x80 + g.IntN(0x80))
		return "a byte broken", bytes
	default:
		return "JSON mark", []byte(pick(g, " ", "\n", "\u00a0", "\u0085", "\v") + text)
	}
}
