/* Rows of the conformance data that cannot hold, each with the specification that says so. */

/* Versions that are none, so that the answer is "unknown" in whatever row they are. */
struct unparsable {
    const char *group, *reason;
    const char *versions[64];
};

static const struct unparsable unparsable[] = {
    {"pypi",
     "The Version specifiers specification (PEP 440), appendix B: no such form. The order of \"legacy\" "
     "versions was an "
     "implementation's, and is gone from it.",
     {"-class.-jw.util.version.Version-",
      "-class.-jw.util.version.version-dev",
      "-class.-jw.util.version.version-pre",
      "0.0.1-test1",
      "0.3.1-p1",
      "0.3m2",
      "0.3m3",
      "0.3m4",
      "0.3m5",
      "0.4.0-p1",
      "0.4m1",
      "0.4m2",
      "0.4m3",
      "0.4m4",
      "0.4m5",
      "0.5m1",
      "0.5m2",
      "0.5m3",
      "0.5m4",
      "0.5m5",
      "0.6m1",
      "0.6m2",
      "0.6m3",
      "0.6m4",
      "0.6m5",
      "0.6m6",
      "0.7.4.svn.r2010",
      "0.8.3p1",
      "0.8.4p1",
      "0.8.4p2",
      "0.8.6p1",
      "0.8.7p1",
      "0.9-doduo",
      "0.9-eevee",
      "0.9-fearow",
      "0.9-ivysaur",
      "1.0beta6.1",
      "2013-01-21T20:33:09+0100",
      "2013-01-23T17:11:52+0100",
      "2013-02-01T20:50:46+0100",
      "2013-02-02T19:59:03+0100",
      "2013-02-08T17:40:57+0000",
      "2013-03-27T16:32:26+0100",
      "2013-05-09T12:47:53+0200",
      "2013-05-10T17:55:56+0200",
      "2013-05-14T20:16:05+0200",
      "2013-06-01T10:32:51+0200",
      "2013-07-19T09:11:08+0000",
      "2013-08-12T21:48:56+0200",
      "2013-09-11T19-27-10",
      "2013-12-23T17-51-15",
      "2014-01-12T15-52-10",
      "5.0-final",
      "a3",
      "trunk"}},
    {"apk",
     "apk-package(5): no such form; `apk version --check` refuses it. The rows record what the comparison "
     "happens to do.",
     {".1",          "0...1...0", "0...1...0.r1", "0...1...0.r2", "0...1...0r1",
      "0...1...0r2", "0...1...1", "0...8",        "0..8",         "0.8.21.r1",
      "0.8.21.r2",   "0.r1",      "1--ruff1",     "1-r",          "1-r-0",
      "1-r-1",       "1-r0-1",    "1-r0-2",       "1-ruff",       "1-ruff2",
      "1.2.0D",      "1.2_blah",  "1.2_csv2",     "10.2.22.r0",   "10.2.24.r0",
      "b",           "c"}},
    {"nuget",
     "Package versioning of NuGet: a pre-release begins with a hyphen. The row records where a database "
     "sorts what does "
     "not parse.",
     {"1.4.0rc3"}},
};

/* `expected` is what holds instead; `b` NULL: in every row of `a`. */
struct exception {
    const char *table, *group, *a, *b, *expected, *reason;
};

static const struct exception exceptions[] = {
    {"compare", "maven", "12.10.2.jdk17", "12.10.2", ">",
     "POM Reference, Version Order Specification: an unknown qualifier comes after the release; other rows "
     "say the same "
     "of 42.1.3.jre6."},
    {"compare", "maven", "12.10.2", "12.10.2.jdk17", "<", "As above."},
    {"compare", "maven", "12.10.2.jre11", "12.10.2", ">", "As above."},
    {"compare", "maven", "12.10.2", "12.10.2.jre11", "<", "As above."},
    {"validity", "maven-range", "<1.0", NULL, "true",
     "Advisories have comparator lists for Maven; they are read too."},
    {"validity", "semver", "v1.2.3", NULL, "true", "Rows of compare have it, and Go tags its versions so."},
    {"constraint", "grype-semver-lenient", "1.0.0.alpha.beta", "= 1.0.0-alpha-beta", "false",
     "Semantic Versioning 2.0.0, section 9: alpha.beta is two identifiers, alpha-beta is one."},
    {"constraint", "npm", "glorp", ">=2", "unknown",
     "No semantic version: the answer is unknown, not false."},
    {"constraint", "npm-loose", "2.0.0", "== 1.0.0 || foo", "unknown",
     "foo is no range: the answer is unknown."},
    {"lists", "npm", "1.2.4", "invalid constraint", "unknown",
     "!1.0.0 is no range: the answer is unknown, not safe."},
    {"lists", "npm", "1.2..4", "invalid version", "unknown", "No version: the answer is unknown, not safe."},
    {"lists", "pypi", "1.2..4", "invalid version", "unknown", "As above."},
    {"lists", "gem", "1.2..4", "invalid version", "unknown", "As above."},
    {"lists", "generic", "1.2..4", "invalid version", "unknown", "As above."},
    {"lists", "generic", "1.2.3", "improper constraint", "true",
     "A star is every version; dropping it says \"safe\"."},
};
