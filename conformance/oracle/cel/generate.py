#!/usr/bin/env python3
"""Writes many expressions, one JSON object a line, to be put to the oracle.

    generate.py SEED COUNT | oracle -corpus cel.json | generate.py --collect cel.json > more.json
    generate.py --mutate cel.json SEED COUNT | oracle ...

Random ones over all functions, and each function of texts with a list of odd texts (seed 0); or
expressions of a file with some tokens taken out, doubled, or put in the place of others.
"""
import json
import random
import re
import sys

CLAIMS = ["iss", "sub", "aud", "exp", "iat", "email", "email_verified", "hd", "name", "groups",
          "roles", "scope", "realm_access", "resource_access", "age", "score", "neg", "zero", "big",
          "tiny", "t", "f", "nil", "empty", "nolist", "nomap", "mixed", "nums", "nested", "uni",
          "ctl", "ip", "ip6", "cidr", "url", "version", "mem", "time", "dur", "uuid", "labels",
          "teams", "dup", "truthy", "numstr", "fstr", "missing", "b64", "under__score",
          "dash__dash__name", "dotted__dot__name", "__in__", "__nope__", "a__in__"]

STRINGS = ["", "a", "abc", "jane", ",", ".", "@", "é", "日本", "🎉", "a b", "A\\nB", "%s", "1", "17",
           "-3", "2.5", "true", "dev", "env", "k8s-admin", "x.y/z", "x__dot__y__slash__z", "b", "c"]
QUANTITIES = ["0", "1", "-1", "+1", "1k", "1Ki", "1.5Gi", "100m", "1e3", "1E3", "1e-3", "1E", "1Ei",
              "0.5Ki", "1.", ".5", ".", "", "-", "1ki", "1KiB", "1 k", "12345678901234567890",
              "9223372036854775807", "9223372036854775808", "1n", "1u", "0.1n", "1e18", "1e19",
              "1e100", "9Ei", "8Ei", "7Ei", "1.00000000001", "001", "00.100", "1024", "1023", "1000",
              "-1024Ki", "0.001Mi", "1.1Ki", "5e-10", "1e+2", "0Ki",
              "1000000000000000000", "10000000000000000000m", "1P", "1T", "3.14159265358979", "0.0",
              "100Mi", "1.5e3", "1e3k", "٣"]
DURATIONS = ["0", "1s", "1h30m", "-1.5h", "+1m", "1.5s", "1ms", "1us", "1µs", "1ns", "", "1", "1d", ".5s",
             "1.s", "s", "1h-1m", "2562047h47m16.854775807s", "2562047h47m16.854775808s",
             "-2562047h47m16.854775808s", "9999999h", "1e3s", "1 h", "0.0000000001s", "1h1h", "-0"]
TIMES = ["2024-02-29T12:34:56Z", "2024-02-29T12:34:56.789Z", "2023-02-29T00:00:00Z",
         "2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00-07:30", "0001-01-01T00:00:00Z",
         "9999-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.5Z", "2024-01-01", "",
         "2024-12-31T23:59:60Z", "2024-01-01T1:00:00Z", "2024-01-01T00:00:00,5Z", "24-01-01T00:00:00Z",
         "2024-06-30T12:00:00+14:00", "2024-03-10T10:00:00Z", "1900-01-01T00:00:00Z"]
ZONES = ["UTC", "", "Local", "America/New_York", "Asia/Tokyo", "Europe/Berlin", "+05:30", "-08:00", "05:30",
         "Nowhere/Land", "america/new_york", "+5:7", "-00:30", ":30", "a:b", "US/Pacific", "EST", "GMT",
         "Etc/GMT+5", "99:99", "Asia/Kathmandu", "EST5EDT", "Z", "+14:00", "../x"]
URLS = ["https://h/a", "http://[::1]:80/x?y=z", "HTTP://E.com/", "/abs", "rel", "", "*", "//h/p", "mailto:a@b",
        "http://u:p@h:1/", "http://h?a=1&b=2&a=3", "http://h/a%2fb", "http://h/%zz", "http://h:x/", "http://a b/",
        "http://h/a b", "http://h#f", "http://h/a#f?g", "1http://x", ":x", "http:", "http://", "http:///p",
        "https://é/ü", "http://h/?", "http://h/a;b,c", "http://h/[x]", "http://[::1%25en0]/", "http://[fe80::1",
        "http://h?x=%20+y&=z&k", "http://h?a;b=c&d", "http://@h/", "http://u@/", "http://h:/", "a://b",
        "http://1.2.3.4:8080", "http://h/../a", "http://h/%41", "http://h%41/", "http://h/\\\\", "http://h/<>\\\"",
        "http://h/a?b?c", "x:y:z", "http://[1.2.3.4]/", "http://h/{}|^", "http://h/`", "http://::1/", "http:a/b",
        "http://h/?q=a%26b", "http://h/%E6%97%A5", "http://a:1:2/", "http://user:@h/", "http://us er@h/"]
IPS = ["1.2.3.4", "::1", "2001:DB8::1", "::ffff:1.2.3.4", "fe80::1%eth0", "010.0.0.1", "1.2.3", "1.2.3.4.5", "",
       "256.1.1.1", "::", "1::2::3", "224.0.0.1", "ff02::1", "169.254.1.1", "127.0.0.1", "0.0.0.0", "10.0.0.1",
       "255.255.255.255", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::1.2.3.4", "fe80::1", "ff01::1", "239.1.1.1",
       "1:2:3:4:5:6:1.2.3.4", "64:ff9b::1.2.3.4", "12345::", " 1.2.3.4", "1.2.3.4 ", "01.2.3.4", "::0", "0::0:1"]
CIDRS = ["10.0.0.0/8", "10.1.2.3/8", "::/0", "2001:db8::/32", "10.0.0.0/33", "10.0.0.0", "", "10.0.0.0/08",
         "10.0.0.0/+8", "::ffff:1.2.3.4/96", "0.0.0.0/0", "1.2.3.4/32", "fe80::1%en0/64", "10.0.0.0/-1",
         "10.0.0.0/8/8", "10.0.0/8", "10.1.0.0/16", "2001:db8::1/128", "10.0.0.0/0", "a/8", "/8", "10.0.0.0/"]
SEMVERS = ["1.2.3", "v1.2.3", "1.2", "1", "", "01.2.3", "1.2.3-alpha.1", "1.2.3-alpha.01", "1.2.3+build.5",
           "1.2.3-rc.1+b-1", "1.2.3-", "1.2.3+", "1.2.3.4", "a.b.c", "1.2.3-a..b", "18446744073709551616.0.0",
           "18446744073709551615.0.0", "1.2.-3", "1.2.3-é", "v1", "v01.02", "1.10.0", "1.2.3-beta", "1.2.3-2",
           "1.2.3-10", "1.2.3-alpha", "1.2.x", "00.0.0", "1.2.3-0", "1..3", "vv1.2.3", "1.2+b", "1.2.03", "0.0.0-a+b+c"]
PATTERNS = ["", "a", "^a$", "a.c", "[a-z]+", "(a|b)*", "\\\\w+", "\\\\d", "\\\\bfoo\\\\b", "\\\\B", "(?i)ABC", "(?s).", "(?U)a+",
            "a{2}", "a{2,}", "a{2,3}", "a{1001}", "a**", "(", ")", "[", "[]", "[^]", "[]a]", "[a-\\\\d]", "\\\\pL",
            "\\\\p{Greek}", "\\\\p{Nope}", "\\\\P{L}", "[[:alpha:]]+", "[[:foo:]]", "(?P<n>a)", "(?<n>a)", "(?P<n>a", "(?:a)",
            "(?=a)", "\\\\1", "\\\\Qa.b\\\\E", "\\\\x41", "\\\\x{1F389}", "\\\\x{110000}", "\\\\u0041", "$^", "^*", "|", "a|", "*",
            "a{,2}", "x*", "(?i:a)b", "(?-i)a", "(?i-s)a", "(?)", "\\\\z", "\\\\Z", "\\\\A", "\\\\C", "\\\\pZ", "[^a]", "[a&&b]",
            "(a{10}){10}", "(a{100}){100}", "\\\\_", "\\\\é", "\\\\a\\\\f\\\\t\\\\v", "\\\\07", "\\\\8", "[\\\\]]", "[a-]", "[-a]", "é+",
            "\\\\s*@", "[^@]+$", "(?i)K", "\\\\p{^Lu}", "\\\\p{Letter}", "\\\\p{latin}", "\\\\p{Any}", "\\\\p{ASCII}", "\\\\p{Lu}\\\\w",
            "(?m)^a$", "a??", "a+?", "a???", "(?i)(?-i)", "((((a))))", "[\\\\w-]+", "[\\\\b]", "\\\\E", "a\\\\", "{", "}", "]",
            "a{1", "a{1}{2}", "(a*)*", "(a*)+", "(?:)", "()", "[[:^space:]]", "[[:word:]-z]", "\\\\h", "(?#c)", "(?'n'a)"]
FORMATS = ["dns1123Label", "dns1123Subdomain", "dns1035Label", "qualifiedName", "dns1123LabelPrefix",
           "dns1123SubdomainPrefix", "dns1035LabelPrefix", "labelValue", "uri", "uuid", "byte", "date", "datetime"]
NAMES = ["", "a", "-a", "a-", "A", "a.b", "a..b", "a/b", "/a", "a/", "a/b/c", "a_b", "1a", "x" * 64, "x" * 254, "-", "é",
         "2024-01-01", "2024-02-30", "2024-01-01T00:00:00Z", "2024-01-01t25:00:00z", "aGVsbG8=", "aGVsbG8",
         "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", "a.b/c_d", "x" * 63 + "/a",
         "0000-01-01", "2024-01-01T10:00:00.5+01:00", "https://h/"]
CLAUSES = ["%s", "%d", "%f", "%e", "%x", "%X", "%o", "%b", "%%", "%.2f", "%.0f", "%.10e", "%", "%z", "%.", "%.3", "%s %s",
           "a%sb", "%.3s", "%5d", "%é"]


def quoted(text):
    return '"' + text + '"' if "\\" in text or '"' not in text else "'" + text + "'"


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.vars = []
        self.of_user = False

    def pick(self, items):
        return self.rng.choice(items)

    def claim(self):
        if self.of_user:
            return self.pick(["user.username", "user.uid", "user.groups", "user.extra", "user.groups[0]", "user.groups[9]",
                              "user.extra.scopes", 'user.extra["example.com/tenant"]', "user.extra.example__dot__com__slash__tenant",
                              "user.extra.none", "user.extra.missing", "user.extra.scopes[1]", "user.?extra.?none", "dyn(user)",
                              "dyn(user).username", "user"])
        name = self.pick(CLAIMS)
        form = self.rng.random()
        if form < 0.75:
            return "claims." + name
        if form < 0.85:
            return 'claims["' + name + '"]'
        return self.pick(["claims.nested.a.b.c", "claims.realm_access.roles", "claims.labels.env", "claims.nested.l",
                          'claims.labels["x.y/z"]', "claims.labels.x__dot__y__slash__z", "claims.groups[0]", "claims.teams[0]",
                          "claims.teams[0].name", "claims.nums[1]", "claims.nested.n", "claims.mixed[3]", "claims.groups[9]"])

    def any(self, depth):
        types = ["string", "int", "uint", "double", "bool", "bytes", "list", "map", "time", "duration", "ip", "cidr", "url",
                 "quantity", "semver", "optional", "null", "type", "claim", "claim", "claim", "dyn", "format"]
        return self.make(self.pick(types), depth)

    def make(self, kind, depth):
        if self.vars and self.rng.random() < 0.3:
            return self.pick(self.vars)
        if self.rng.random() < 0.12:
            return self.any(depth) if depth > 0 and self.rng.random() < 0.5 else self.claim()
        if depth <= 0:
            return self.atom(kind)
        return self.compound(kind, depth - 1)

    def atom(self, kind):
        p = self.pick
        if kind == "string":
            return quoted(p(STRINGS))
        if kind == "int":
            return p(["0", "1", "2", "-1", "3", "7", "9223372036854775807", "-9223372036854775808", "100", "0x1F"])
        if kind == "uint":
            return p(["0u", "1u", "2u", "18446744073709551615u", "7u"])
        if kind == "double":
            return p(["0.0", "1.0", "1.5", "-2.5", "1e10", "1e-7", "1e300", "-0.0", "3.0", "123456.789", "(0.0/0.0)", "(1.0/0.0)"])
        if kind == "bool":
            return p(["true", "false", "claims.t == true", "claims.f == true"])
        if kind == "bytes":
            return p(['b"abc"', 'b""', 'b"\\xff"', 'bytes("é")'])
        if kind == "list":
            return p(["[]", "[1, 2, 3]", '["a", "b"]', "claims.realm_access.roles", "[3, 1, 2]", "[1.5, 0.5]", "[true, false]",
                      "dyn(claims.groups)", "dyn(claims.nums)", "dyn(claims.mixed)", "[[1], [2, 3]]", "dyn(claims.teams)",
                      'claims.roles.split(",")', "dyn(claims.dup)", '[duration("1s"), duration("-1m")]', "[1u, 2u]", "[null, null]",
                      '["b", "a", "c"]', '["dev", "ops"]', "[optional.of(1), optional.none()]", "claims.nested.l", "lists.range(4)"])
        if kind == "map":
            return p(["{}", '{"a": 1}', '{"a": 1, "b": 2}', "{1: 2}", "dyn(claims.labels)", "dyn(claims.nested)", '{"a": {"b": 1}}',
                      "{1u: 1}", "{true: 1}", "{1.5: 1}", '{"a": null}', "dyn(claims.resource_access)"])
        if kind == "time":
            return "timestamp(" + p([quoted(p(TIMES[:8])), "0", "1700000000", "-1"]) + ")"
        if kind == "duration":
            return "duration(" + quoted(p(DURATIONS[:10])) + ")"
        if kind == "ip":
            return "ip(" + quoted(p(IPS)) + ")"
        if kind == "cidr":
            return "cidr(" + quoted(p(CIDRS)) + ")"
        if kind == "url":
            return "url(" + quoted(p(URLS)) + ")"
        if kind == "quantity":
            return "quantity(" + quoted(p(QUANTITIES)) + ")"
        if kind == "semver":
            return "semver(" + quoted(p(SEMVERS)) + p(["", ", true", ", false"]) + ")"
        if kind == "optional":
            return p(["optional.of(1)", "optional.none()", 'optional.of("a")', "claims.?email", "claims.?missing", "claims.?nested.?a",
                      "claims.?groups[0]", "claims.?groups[?9]", "[1][?0]", 'optional.ofNonZeroValue("")', "claims.?labels.?env"])
        if kind == "null":
            return "null"
        if kind == "type":
            return p(["int", "string", "list", "map", "type(1)", "null_type", "type(claims.email)", "net.IP", "google.protobuf.Duration"])
        if kind == "format":
            return "format." + p(FORMATS) + "()"
        return self.claim() if kind != "dyn" else "dyn(" + self.claim() + ")"

    def compound(self, kind, d):
        m = self.make
        p = self.pick
        r = self.rng.random()
        if r < 0.08:
            return "(" + m("bool", d) + " ? " + m(kind, d) + " : " + m(kind, d) + ")"
        if r < 0.12:
            return "dyn(" + m(kind, d) + ")"
        if r < 0.15:
            return m("optional", d) + p([".orValue(", ".or("]) + m(p([kind, "optional"]), d) + ")"
        if r < 0.18:
            return m("list", d) + p(["[", "[?"]) + m("int", d) + "]"
        if r < 0.21:
            return m("map", d) + p([".a", ".?a", '["a"]', '[?"b"]', "[1]", ".b.c"])
        if kind == "string":
            return p([
                lambda: m("string", d) + " + " + m("string", d),
                lambda: m("string", d) + p([".lowerAscii()", ".upperAscii()", ".trim()"]),
                lambda: m("string", d) + ".substring(" + m("int", d) + p(["", ", " + m("int", d)]) + ")",
                lambda: m("string", d) + ".replace(" + m("string", d) + ", " + m("string", d) + p(["", ", " + m("int", d)]) + ")",
                lambda: m("string", d) + ".charAt(" + m("int", d) + ")",
                lambda: m("list", d) + ".join(" + p(["", m("string", d)]) + ")",
                lambda: "strings.quote(" + m("string", d) + ")",
                lambda: "string(" + self.any(d) + ")",
                lambda: quoted(p(CLAUSES)) + ".format([" + self.any(d) + p(["", ", " + self.any(d)]) + "])",
                lambda: quoted(p(CLAUSES)) + ".format(dyn([" + self.any(d) + "]))",
                lambda: m("string", d) + ".find(" + quoted(p(PATTERNS)) + ")",
                lambda: m("url", d) + p([".getScheme()", ".getHost()", ".getHostname()", ".getPort()", ".getEscapedPath()"]),
            ])()
        if kind == "int":
            return p([
                lambda: m("int", d) + p([" + ", " - ", " * ", " / ", " % "]) + m("int", d),
                lambda: "-(" + m("int", d) + ")",
                lambda: "size(" + m(p(["string", "list", "map", "bytes"]), d) + ")",
                lambda: m(p(["string", "list", "map"]), d) + ".size()",
                lambda: "int(" + self.any(d) + ")",
                lambda: m(p(["string", "list"]), d) + p([".indexOf(", ".lastIndexOf("]) + m("string", d) + p(["", ", " + m("int", d)]) + ")",
                lambda: m(p(["time", "time", "duration"]), d) + "." + p(["getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate",
                    "getDayOfWeek", "getHours", "getMinutes", "getSeconds", "getMilliseconds"]) + "(" + p(["", quoted(p(ZONES))]) + ")",
                lambda: m("ip", d) + ".family()", lambda: m("cidr", d) + ".prefixLength()",
                lambda: m("semver", d) + p([".major()", ".minor()", ".patch()"]),
                lambda: m("quantity", d) + ".asInteger()", lambda: "sign(" + m("quantity", d) + ")",
                lambda: m(p(["quantity", "semver"]), d) + ".compareTo(" + m(p(["quantity", "semver"]), d) + ")",
                lambda: m("list", d) + p([".sum()", ".max()", ".min()"]),
            ])()
        if kind == "uint":
            return p([lambda: m("uint", d) + p([" + ", " - ", " * ", " / ", " % "]) + m("uint", d),
                      lambda: "uint(" + self.any(d) + ")"])()
        if kind == "double":
            return p([lambda: m("double", d) + p([" + ", " - ", " * ", " / "]) + m("double", d),
                      lambda: "double(" + self.any(d) + ")", lambda: "-(" + m("double", d) + ")",
                      lambda: m("quantity", d) + ".asApproximateFloat()"])()
        if kind == "bool":
            return p([
                lambda: self.any(d) + p([" == ", " != "]) + self.any(d),
                lambda: (lambda k: m(k, d) + p([" == ", " != ", " < ", " <= ", " > ", " >= "]) + m(k, d))(
                    p(["string", "int", "uint", "double", "bool", "bytes", "list", "map", "time", "duration", "quantity", "url", "ip", "optional"])),
                lambda: "(" + m("bool", d) + p([" && ", " || "]) + m("bool", d) + ")",
                lambda: "(" + m("bool", d) + p([" && ", " || "]) + m("bool", d) + p([" && ", " || "]) + m("bool", d) + ")",
                lambda: "!(" + m("bool", d) + ")",
                lambda: self.any(d) + " in " + m(p(["list", "map"]), d),
                lambda: "has(" + self.claim() + "." + p(["a", "name", "env", "x__dot__y__slash__z"]) + ")",
                lambda: "has(" + m("map", d) + ".a)",
                lambda: m("string", d) + p([".contains(", ".startsWith(", ".endsWith("]) + m("string", d) + ")",
                lambda: m("string", d) + ".matches(" + p([quoted(p(PATTERNS)), m("string", d)]) + ")",
                lambda: "matches(" + m("string", d) + ", " + quoted(p(PATTERNS)) + ")",
                lambda: self.macro("bool", d),
                lambda: m("list", d) + p([".isSorted()", ".includes(" + self.any(d) + ")"]),
                lambda: "sets." + p(["contains", "equivalent", "intersects"]) + "(" + m("list", d) + ", " + m("list", d) + ")",
                lambda: p(["isURL", "isIP", "isCIDR", "isQuantity", "isSemver", "ip.isCanonical"]) + "(" + m("string", d) + ")",
                lambda: m("optional", d) + ".hasValue()",
                lambda: m("ip", d) + "." + p(["isUnspecified", "isLoopback", "isLinkLocalMulticast", "isLinkLocalUnicast", "isGlobalUnicast"]) + "()",
                lambda: m("cidr", d) + p([".containsIP(", ".containsCIDR("]) + p([m("ip", d), m("cidr", d), quoted(p(IPS)), quoted(p(CIDRS))]) + ")",
                lambda: m("quantity", d) + p([".isInteger()", ".isLessThan(" + m("quantity", d) + ")", ".isGreaterThan(" + m("semver", d) + ")"]),
                lambda: m("semver", d) + p([".isLessThan(", ".isGreaterThan("]) + m("semver", d) + ")",
                lambda: m("format", d) + ".validate(" + quoted(p(NAMES)) + ").hasValue()",
                lambda: "bool(" + self.any(d) + ")",
            ])()
        if kind == "bytes":
            return p([lambda: m("bytes", d) + " + " + m("bytes", d), lambda: "bytes(" + self.any(d) + ")"])()
        if kind == "list":
            return p([
                lambda: "[" + ", ".join(m(p(["string", "int", "claim"]), d) for _ in range(self.rng.randint(0, 3))) + "]",
                lambda: (lambda k: "[" + ", ".join(m(k, d) for _ in range(self.rng.randint(1, 3))) + "]")(p(["string", "int", "claim", "list", "map", "bool"])),
                lambda: "[?" + m("optional", d) + ", " + m("string", d) + "]",
                lambda: m("list", d) + " + " + m("list", d),
                lambda: self.macro("list", d),
                lambda: m("string", d) + ".split(" + m("string", d) + p(["", ", " + m("int", d)]) + ")",
                lambda: m("string", d) + ".findAll(" + quoted(p(PATTERNS)) + p(["", ", " + m("int", d)]) + ")",
                lambda: m("list", d) + p([".sort()", ".distinct()", ".reverse()", ".flatten()", ".flatten(" + m("int", d) + ")",
                                          ".slice(" + m("int", d) + ", " + m("int", d) + ")", ".unwrapOpt()"]),
                lambda: "lists.range(" + p(["0", "3", "-1", m("int", 0)]) + ")",
                lambda: "optional.unwrap(" + m("list", d) + ")",
                lambda: m("format", d) + ".validate(" + quoted(p(NAMES)) + ").value()",
            ])()
        if kind == "map":
            return p([
                lambda: "{" + m("string", d) + ": " + self.any(d) + "}",
                lambda: "{" + self.any(d) + ": " + m("int", d) + ", " + self.any(d) + ": " + m("int", d) + "}",
                lambda: "{?" + m("string", d) + ": " + m("optional", d) + "}",
                lambda: self.macro("map", d),
                lambda: m("url", d) + ".getQuery()",
            ])()
        if kind == "time":
            return p([lambda: m("time", d) + p([" + ", " - "]) + m("duration", d), lambda: "timestamp(" + self.any(d) + ")"])()
        if kind == "duration":
            return p([lambda: m("time", d) + " - " + m("time", d), lambda: m("duration", d) + p([" + ", " - "]) + m("duration", d),
                      lambda: "duration(" + m("string", d) + ")"])()
        if kind == "ip":
            return p([lambda: "ip(" + m("string", d) + ")", lambda: m("cidr", d) + ".ip()"])()
        if kind == "cidr":
            return p([lambda: "cidr(" + m("string", d) + ")", lambda: m("cidr", d) + ".masked()"])()
        if kind == "quantity":
            return p([lambda: m("quantity", d) + p([".add(", ".sub("]) + p([m("quantity", d), m("int", d)]) + ")", lambda: "quantity(" + m("string", d) + ")"])()
        if kind == "optional":
            return p([
                lambda: "optional." + p(["of", "ofNonZeroValue"]) + "(" + self.any(d) + ")",
                lambda: m("optional", d) + p([".or(" + m("optional", d) + ")", ".optMap(v, " + self.scoped("v", self.pick(["string", "int", "list"]), d) + ")",
                                              ".optFlatMap(v, " + self.scoped("v", "optional", d) + ")", ".?a", "[?0]", ".a"]),
                lambda: m("list", d) + p([".first()", ".last()", "[?" + m("int", d) + "]"]),
                lambda: m("map", d) + p([".?a", '[?"a"]', "[?" + self.any(d) + "]"]),
                lambda: m("format", d) + ".validate(" + quoted(p(NAMES)) + ")",
                lambda: 'format.named("' + p(FORMATS + ["x"]) + '")',
            ])()
        if kind == "type":
            return "type(" + self.any(d) + ")"
        return self.atom(kind)

    def scoped(self, name, kind, d):
        self.vars.append(name)
        text = self.make(kind, d)
        self.vars.pop()
        return text

    def macro(self, kind, d):
        p = self.pick
        source = self.make(p(["list", "list", "map"]), d)
        two = self.rng.random() < 0.35
        names = ["x", "y"] if two else ["x"]
        self.vars += names
        v = ", ".join(names)
        if kind == "bool":
            text = source + "." + p(["all", "exists", "exists_one"] + (["existsOne"] if two else [])) + "(" + v + ", " + self.make("bool", d) + ")"
        elif kind == "list":
            body = self.make(p(["string", "int", "claim", "list"]), d)
            cond = p(["", self.make("bool", d) + ", "])
            if two:
                text = source + ".transformList(" + v + ", " + cond + body + ")"
            else:
                text = source + p([".map(x, " + cond + body + ")", ".filter(x, " + self.make("bool", d) + ")", ".sortBy(x, " + body + ")"])
        else:
            if not two:
                self.vars.append("y")
                names.append("y")
            body = p([".transformMap(x, y, ", ".transformMapEntry(x, y, "])
            inner = self.make("map" if "Entry" in body else p(["string", "int", "claim"]), d)
            text = source + body + p(["", self.make("bool", d) + ", "]) + inner + ")"
        for _ in names:
            self.vars.pop()
        return text


def systematic():
    def each(texts, forms):
        for text in texts:
            for form in forms:
                yield form.replace("$", quoted(text))
    yield from each(QUANTITIES, ["quantity($)", "isQuantity($)", "quantity($).asInteger()", "quantity($).asApproximateFloat()",
                                 "quantity($).isInteger()", 'quantity($).add(quantity("1"))', "quantity($).sub(5)", "sign(quantity($))",
                                 'quantity($).compareTo(quantity("1Ki"))', 'quantity($).add(quantity("1.5Gi"))', "quantity($).sub(quantity($))",
                                 'quantity("1") == quantity($)', "quantity($).add(1) == quantity($)", "quantity($) == quantity($).add(1)"])
    yield from each(DURATIONS, ["duration($)", "duration(dyn($))", "string(duration(dyn($)))", "int(duration(dyn($)))", "duration(dyn($)).getHours()",
                                "duration(dyn($)).getMilliseconds()"])
    yield from each(TIMES, ["timestamp($)", "timestamp(dyn($))", "string(timestamp(dyn($)))", "int(timestamp(dyn($)))", "timestamp(dyn($)).getDayOfYear()",
                            "timestamp(dyn($)).getDayOfWeek()", 'timestamp(dyn($)) - timestamp("2000-01-01T00:00:00Z")', 'timestamp(dyn($)) + duration("36h")'])
    for zone in ZONES:
        for time in TIMES[:1] + TIMES[14:]:
            for get in ["getHours", "getDate", "getFullYear", "getMinutes"]:
                yield 'timestamp(dyn("%s")).%s("%s")' % (time, get, zone)
    yield from each(URLS, ["url($)", "isURL($)", "url($).getHost()", "url($).getHostname()", "url($).getPort()", "url($).getEscapedPath()",
                           "url($).getQuery()", "url($).getScheme()", "format.uri().validate($)"])
    yield from each(IPS, ["ip($)", "isIP($)", "ip.isCanonical($)", "ip($).family()", "ip($).isGlobalUnicast()", "ip($).isLinkLocalUnicast()",
                          "ip($).isLinkLocalMulticast()", "ip($).isLoopback()", "ip($).isUnspecified()", "string(ip($))",
                          'cidr("10.0.0.0/8").containsIP($)', "dyn(ip($)) == 1", "[ip($)] == [ip($)]"])
    yield from each(CIDRS, ["cidr($)", "isCIDR($)", "cidr($).masked()", "cidr($).ip()", "cidr($).prefixLength()", "string(cidr($))",
                            'cidr("10.0.0.0/8").containsCIDR($)', 'cidr($).containsCIDR("10.1.0.0/16")', 'cidr($).containsIP("10.1.2.3")'])
    yield from each(SEMVERS, ["semver($)", "isSemver($)", "semver($, true)", "isSemver($, true)", 'semver($).compareTo(semver("1.2.3-alpha.5"))',
                              'semver($).isLessThan(semver("1.2.3"))', "semver($).major()", 'semver($) == semver("1.2.3+x")'])
    for pattern in PATTERNS:
        for text in ["abc", "", "aé b", "foo bar", "A\\nb_1"]:
            q = '"' + text + '"'
            yield q + ".matches(" + quoted(pattern) + ")"
            yield q + ".find(" + quoted(pattern) + ")"
            yield q + ".findAll(" + quoted(pattern) + ")"
        yield 'claims.email.matches(string("") + ' + quoted(pattern) + ")"
    for name in FORMATS:
        for text in NAMES:
            yield "format.%s().validate(%s)" % (name, quoted(text))
    values = ["1", "-255", "7u", "1.5", "1234567.891", "-0.5", "1e21", "1e-10", '"a\\"b"', 'b"ab"', "true", "null", "[1, 2]", '["a"]', '{"a": 1}', "int",
              'duration("1.5s")', 'timestamp("2024-01-01T00:00:00Z")', "optional.of(1)", "dyn(claims.mixed)", "dyn(claims.labels)", "0.0/0.0", "-1.0/0.0",
              "dyn(claims)", "{1: 2.5}", '"NaN"', '"Infinity"', "[b\"a\"]", "[0.0/0.0]", 'ip("1.2.3.4")', "9999999.0", "0.000001", "123456789.0"]
    for clause in CLAUSES:
        for value in values:
            yield "%s.format([%s])" % (quoted(clause), value)
            yield "%s.format(dyn([%s]))" % (quoted(clause), value)
    for function in ["int", "uint", "double", "string", "bool", "bytes", "timestamp", "duration", "type", "dyn", "size", "optional.ofNonZeroValue"]:
        for value in values + [quoted(s) for s in STRINGS] + ["claims." + c for c in CLAIMS]:
            yield "%s(%s)" % (function, value)
            yield "%s(dyn(%s))" % (function, value)
    texts = ["", "a", "abcabc", "ééé", "a,b,,c", " x "]
    for text in texts:
        for other in ["", "a", "b", "é", ",", "abc", "zz"]:
            for n in ["", ", 0", ", 1", ", 2", ", 6", ", 9", ", -1"]:
                yield '"%s".indexOf("%s"%s)' % (text, other, n)
                yield '"%s".lastIndexOf("%s"%s)' % (text, other, n)
                yield '"%s".split("%s"%s)' % (text, other, n)
                yield '"%s".replace("%s", "X"%s)' % (text, other, n)
        for n in range(-1, 8):
            yield '"%s".charAt(%d)' % (text, n)
            yield '"%s".substring(%d)' % (text, n)
            yield '"%s".substring(1, %d)' % (text, n)
        yield '"%s".trim()' % text
    literals = ["1", "1.5", "1e3", ".5", "5.", "0x1F", "0X1", "1u", "1U", "0x1fu", "1e", "1e+", "1.5u", "-1", "--1", "---1", "- 1", "-1u", "-1.5", "!true",
                "!!true", "!!!true", "-!1", "!-1", '"a"', "'a'", '"""a"b"""', "'''a'b'''", 'r"\\n"', 'R"a"', 'b"a"', 'br"\\x"', 'rb"a"', 'B"a"', "''", '""""""',
                '"\\x41"', '"\\X41"', '"\\u00e9"', '"\\U0001F389"', '"\\ud800"', '"\\U00110000"', '"\\101"', '"\\400"', '"\\8"', '"\\q"', '"\\?"', '"\\`"',
                "b'\\377'", "b'\\u0041'", "b'é'", '"a\nb"', '"""a\nb"""', '"""a\r\nb"""', "[1,]", "[,]", "[1,,]", "{,}", '{"a":1,}', "{1}", "(1,)", "()",
                "size([1],)", "a", "as", "in", "true.a", "null.a", "[1].a", "{}.a", "claims.in", "claims.true", "claims.as", "claims.`a`", "claims.``",
                "claims.`a$`", "claims.?a.b", "claims.?a[0]", "claims?.a", "claims.a?.b", ".claims.email", ".size([1])", "..a", ".1", "claims.1", "1.a",
                "claims.email()", "claims.email.size", "[1][0]", "[1][?0]", "{1:2}[1]", "{?1:2}", "[?1]", "[?optional.of(1)]", '{?"a": optional.none()}',
                "true ? 1 : 2", "true ? true ? 1 : 2 : 3", "true ? 1 : true ? 2 : 3", "(true ? 1 : 2) + 1", "1 < 2 < 3", "1 == 1 == true", "1 + 2 * 3 - 4 / 2 % 3",
                "1 in [1] && 2 in [2] || false", "a.b.c", "google.protobuf.Int32Value{value: 1}", "google.protobuf.Int32Value{value: 99999999999}",
                "google.protobuf.StringValue{}", "google.protobuf.BoolValue{value: true} == true", "google.protobuf.Value{}", "google.protobuf.Value{bool_value: true}",
                "google.protobuf.Value{number_value: 1}", "google.protobuf.Struct{}", "google.protobuf.Timestamp{seconds: 1, nanos: 5}", "google.protobuf.Duration{seconds: 1, x: 2}",
                "google.protobuf.Duration{}", "google.protobuf.ListValue{values: [1, 2]}", "google.protobuf.Nope{}", ".google.protobuf.Duration{seconds: 1}", "claims{}", "int{}",
                "google.protobuf.BytesValue{value: b'a'}", "google.protobuf.UInt32Value{value: 1u}", "google.protobuf.FloatValue{value: 1.5}", "google.protobuf.Value{null_value: 0}",
                "google.protobuf.StringValue{value: null}", "google.protobuf.Int64Value{value: 1} == null", "[google.protobuf.Int64Value{value: 1}, 2]",
                "google.protobuf.Value{struct_value: {'a': 1}}", "google.protobuf.Value{list_value: [1]}", "google.protobuf.Duration{?seconds: optional.of(1)}",
                "1 // comment", "// only", "1 /* c */", "1\n+\t2", "1\f+2", "1 \u00a0+ 2", "#", "1 ; 2", "1 = 2", "1 & 2", "1 | 2", "1 ^ 2", "~1", "'a' 'b'", "1 2", "[1 2]",
                "has(claims.a.b)", "has(claims)", "has(claims['a'])", "has(claims.?a)", "has(claims.a, 1)", "has(1)", "claims.has(a)", "has(has(claims.a))", "has(claims.`a`)",
                "[1].map(x, x, x)", "[1].map(x)", "[1].map(1, 1)", "[1].map(x.y, 1)", "[1].map(@x, 1)", "[1].all(x, 1)", "[1].all(x, dyn(1))", "[1].filter(x, 1)", "[1].exists(x, x)",
                "[1].map(x, [2].map(x, x))", "[1].map(x, [2].map(y, x + y))", "[1].all(x, x, true)", "[1].all(x, y, x == 0)", "[int].map(t, t)", "[1].map(claims, claims.email)",
                "[1].map(x, .x)", "[1].map(claims, .claims.email)", "[1].exists_one(x, y, x == 0 && y == 1)", "[1].existsOne(x, x == 1)", "[1].transformList(x, x, x)",
                "[1].transformMap(i, v, v)", "[1, 2].transformMapEntry(i, v, {1: v})", "[1].transformMapEntry(i, v, dyn(v))", "[].map(x, x)", "{}.map(x, x)", "'a'.map(x, x)",
                "dyn('a').map(x, x)", "dyn(null).map(x, x)", "dyn(claims).map(x, type(x)).size()", "claims.all(x, true)", "claims.exists(x, x == 'jane')", "claims.map(x, x).size()",
                "dyn(claims).all(k, v, true)", "dyn(claims).exists(k, v, true)", "size(dyn(claims))", "dyn(claims) == dyn(claims)", "dyn(claims)['email']", "dyn(claims)[1]", "dyn(claims)[?1]",
                "dyn(claims).?email", "claims.?__nope__", "has(claims.__nope__)", "'email' in dyn(claims)", "[claims] == [claims]", "[claims][0].email", "type(claims) == map",
                "[[1, 2], [3]].map(l, l.map(x, x * 2)).flatten()", "[1, 2, 3].map(x, x > 1, x * 2)", "optional.of(1).optMap(x, x + 1)", "optional.none().optMap(x, x)",
                "optional.of([1]).optMap(x, x + x)", "optional.of(1).optMap(1, 1)", "optional.of(claims.missing)", "optional.of(1).optFlatMap(x, optional.none())",
                "optional.of(1).value() + optional.of(2).value()", "optional.none().value()", "optional.of(optional.of(1))", "optional.of(optional.of(1)).value().value()",
                "optional.of(1).orValue(2)", "optional.of('a').or(optional.of(1))", "optional.none() == optional.none()", "optional.of(null) == optional.none()",
                "dyn(optional.of({'a': 1})).a", "optional.of({'a': 1}).a", "optional.of([1])[0]", "optional.of([1])[?1]", "optional.of({'a': {'b': 1}}).a.b",
                "has(optional.of({'a': 1}).a)", "has(optional.none().a)", "{'a': optional.of(1)}.?a", "size(optional.of('abc'))", "dyn(optional.of('abc')) == 'abc'",
                "[3, 1, 2].sortBy(x, -x)", "[{'a': 2}, {'a': 1}].sortBy(m, m.a)", "'abc'.sortBy(x, x)", "{}.sortBy(x, x)", "[1].sortBy(x, [x])", "[1, 2].sortBy(x, dyn(x))",
                "claims.nums.sortBy(x, x)", "[].sortBy(x, x)", "[[2], [1]].sortBy(x, x[0])", "dyn([1, 'a']).sort()", "dyn([1, 1.5]).sort()", "[true, false].sort()", "[b'b', b'a'].sort()"]
    yield from literals
    for n in [1, 2, 50, 120, 124, 125, 126, 200, 248, 249, 250, 251, 252, 300]:
        yield "(" * n + "1" + ")" * n
        yield "[" * n + "]" * n
        yield "1" + "+1" * n
        yield "true" + " && true" * n
        yield "claims" + ".a" * n
        yield "claims" + "[0]" * n
        yield "-" * n + "(1)"
        yield "!" * n + "true"
        yield "true ? 1 : " * n + "2"
        yield "1+(" * n + "1" + ")" * n
        yield "1+2*(" * n + "1" + ")" * n
        yield "1<2 == (" * n + "true" + ")" * n
        yield "dyn(" * n + "1" + ")" * n
        yield "'a'" + ".trim()" * n
        yield "{1:" * n + "1" + "}" * n
        yield "size([" * (n // 2) + "]) + 1" + ")" * 0 + "" * n
        yield "[1].map(x, " * n + "1" + ")" * n
        yield "(true ? " * n + "1" + " : 2)" * n


TOKEN = re.compile(r'''[rRbB]{0,2}("""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|`[^`]*`|\w+|\s+|&&|\|\||[=!<>]=|.''', re.S)


def mutations(path, seed, count):
    """Expressions of a file, changed; the tokens that come in are those of the file."""
    rng = random.Random(seed)
    known = [case["expression"] for case in json.load(open(path))["cases"] if len(case["expression"]) < 400]
    split = [[m.group() for m in TOKEN.finditer(text)] for text in known]
    pool = sorted({token for tokens in split for token in tokens if len(token) < 30})
    for _ in range(count):
        tokens = list(rng.choice(split))
        for _ in range(rng.choice([1, 1, 2, 3])):
            at = rng.randrange(len(tokens) + 1)
            what = rng.random()
            if what < 0.25:
                del tokens[at:at + 1]
            elif what < 0.4:
                tokens[at:at] = tokens[at - 1:at]
            elif what < 0.7:
                tokens[at:at + 1] = [rng.choice(pool)]
            elif what < 0.85:
                tokens[at:at] = [rng.choice(pool)]
            else:
                other = rng.choice(split)
                start = rng.randrange(len(other) + 1)
                tokens[at:at + 3] = other[start:start + 5]
            if not tokens:
                break
        yield "".join(tokens)


def main():
    if sys.argv[1] == "--collect":
        fixtures = json.load(open(sys.argv[2]))
        head = {"oracle": fixtures["oracle"], "claims": fixtures["claims"], "user": fixtures["user"]}
        lines = [json.dumps(json.loads(line), ensure_ascii=False) for line in sys.stdin]
        print(json.dumps(head, ensure_ascii=False)[:-1] + ', "cases": [')
        print(",\n".join(lines))
        print("]}")
        return
    if sys.argv[1] == "--mutate":
        path, seed, count = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
        for i, text in enumerate(dict.fromkeys(mutations(path, seed, count))):
            kind = "user-validation" if "user." in text else "claim-mapping-uid"
            print(json.dumps({"id": "m%d/%d" % (seed, i), "kind": kind, "expression": text}))
        return
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    # By the text, so that none comes twice; each with the kind of rule that it is put to the oracle as.
    out = {}
    if seed == 0:
        kinds = ["claim-mapping-uid", "claim-mapping-uid", "claim-mapping-groups"]
        out = {text: kinds[i % 3] for i, text in enumerate(dict.fromkeys(systematic()))}
    maker = Maker(random.Random(seed))
    for _ in range(count):
        sort = maker.pick(["string", "int", "bool", "bool", "list", "map", "optional", "double", "time", "duration", "quantity", "uint", "type", "ip", "cidr"])
        maker.of_user = maker.rng.random() < 0.1
        if maker.of_user:
            sort = "bool"
        text = maker.make(sort, maker.pick([1, 2, 2, 3, 3, 4]))
        if maker.of_user:
            # The rest of the expressions is written over claims.
            text = re.sub(r"dyn\(claims\.\w+\)|claims(\.\w+)+", lambda _: maker.claim(), text)
            kind = "user-validation"
        elif sort == "bool":
            kind = maker.pick(["claim-validation", "claim-mapping-extra"])
        elif sort == "string":
            kind = maker.pick(["claim-mapping-username", "claim-mapping-username", "claim-mapping-groups"])
        else:
            kind = maker.pick(["claim-mapping-uid", "claim-mapping-groups", "claim-mapping-extra"])
        if len(text) < 1500:
            out.setdefault(text, kind)
    for i, (text, kind) in enumerate(out.items()):
        print(json.dumps({"id": "g%d/%d" % (seed, i), "kind": kind, "expression": text}))


main()
