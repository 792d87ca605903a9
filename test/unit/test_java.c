/* Java: Maven projects, Gradle's lists, jars. */
#include "inventory_cases.h"

#include <archive.h>
#include <archive_entry.h>

static const struct case_kind kinds[] = {
    {"osv-scalibr", "language/java/pomxml", "pom.xml"},
    {"osv-scalibr", "language/java/gradlelockfile", "gradle.lockfile"},
    {"osv-scalibr", "language/java/gradleverificationmetadataxml", "gradle/verification-metadata.xml"},
    {"trivy", "gradle/lockfile", "gradle.lockfile"},
    {"trivy", "java/jar", "%s"},
    {NULL},
};

static const struct case_exception exceptions[] = {
    {"g0066", "lines that are no lines of a lock file are a problem; the others are still read (test_text)"},
    {"g0069",
     "a component without a name cannot be looked up, nor entered; without a group it stands without ':'"},
    {"g0084",
     "scope test is what dev means: not on the class path of what runs (POM reference, Dependency Scope)"},
    {"g0319", "compiled files are not among the data; jars made here stand for it"},
    {"g0320", "compiled files are not among the data; jars made here stand for it"},
    {"g0321", "compiled files are not among the data; jars made here stand for it"},
    {"g0322", "compiled files are not among the data; jars made here stand for it"},
    {NULL},
};

static void test_conformance(void **state)
{
    (void)state;
    run_inventory_cases(kinds, exceptions, 23);
}

/* What one text file gives: a line a package, sorted; "!" is unresolved, "(dev)" for tests; then the
 * problems. */
static struct str read_bytes(struct arena *a, const char *path, struct str content)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct view_file file = view_file_memory(str_from(path), content);
    struct str all = {"", 0};
    ecosystem_offer(inv, &file);
    inventory_finish(inv);
    vec_each(p, &inv->packages)
    {
        bool elsewhere = !str_is(p->path, path);
        all = arena_printf(
            a, "%.*s%.*s:%.*s:%.*s%s%s%s%.*s%s%.*s\n", STR_ARG(all), STR_ARG(p->namespace), STR_ARG(p->name),
            STR_ARG(p->version), p->unresolved ? "!" : "", p->dev ? " (dev)" : "", elsewhere ? " in " : "",
            STR_ARG((elsewhere ? p->path : STR(""))), p->license.n ? " " : "", STR_ARG(p->license));
    }
    vec_each(p, &inv->problems) all =
        arena_printf(a, "%.*s%s: %.*s\n", STR_ARG(all), err_name(p->code), STR_ARG(p->text));
    return all;
}

static struct str read_text(struct arena *a, const char *path, const char *text)
{
    return read_bytes(a, path, str_from(text));
}

#define DEPENDENCY(group, artifact, more)                                                                    \
    "<dependency><groupId>" group "</groupId><artifactId>" artifact "</artifactId>" more "</dependency>"
#define DEPENDENCIES(list) "<dependencies>" list "</dependencies>"
#define VERSION(v)         "<version>" v "</version>"
#define POM(body)          "<project xmlns='http://maven.apache.org/POM/4.0.0'>" body "</project>"

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text, *expected;
    } rows[] = {
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("1")))), "g:a:1\n"},
        {"x/pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION(" 1\n ")))), "g:a:1\n"},
        /* Without a version, from dependencyManagement; its scope too. What stands there alone is not in use.
         */
        {"pom.xml",
         POM("<dependencyManagement>" DEPENDENCIES(
             DEPENDENCY("g", "a", VERSION("2") "<scope>test</scope>")
                 DEPENDENCY("g", "unused",
                            VERSION("2"))) "</dependencyManagement>" DEPENDENCIES(DEPENDENCY("g", "a", ""))),
         "g:a:2 (dev)\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", ""))), "g:a:!\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("${nowhere}")))), "g:a:!\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("1.${nowhere}")))), "g:a:!\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("${nowhere}", "a", VERSION("1")))), ""},
        /* The project's own and its parent's coordinates; properties before and after their use, in
           properties. */
        {"pom.xml",
         POM("<parent><groupId>pg</groupId><artifactId>pa</artifactId><version>7</version></"
             "parent>" DEPENDENCIES(
                 DEPENDENCY("${project.groupId}", "a", VERSION("${project.version}"))
                     DEPENDENCY("${project.parent.groupId}", "b", VERSION("${parent.version}")))),
         "pg:a:7\npg:b:7\n"},
        {"pom.xml",
         POM("<parent><groupId>pg</groupId><version>7</version></parent><version>8</version>" DEPENDENCIES(
             DEPENDENCY("g", "a", VERSION("${project.version}")))),
         "g:a:8\n"},
        {"pom.xml",
         POM("<properties><a>${b}.1</a></properties>" DEPENDENCIES(
             DEPENDENCY("g", "a", VERSION("${a}"))) "<properties><b>3</b></properties>"),
         "g:a:3.1\n"},
        {"pom.xml",
         POM("<properties><a>${b}</a><b>${a}</b></properties>" DEPENDENCIES(
             DEPENDENCY("g", "a", VERSION("${a}")))),
         "g:a:!\n"},
        {"pom.xml",
         POM("<properties><a>${a}${a}</a></properties>" DEPENDENCIES(DEPENDENCY("g", "a", VERSION("${a}")))),
         "g:a:!\n"},
        /* Ranges: a pin, a lower end that is only told, none at all. */
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("[1.0]")))), "g:a:1.0\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("[1.0,2.0)")))), "g:a:1.0!\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("(,2.0]")))), "g:a:!\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("LATEST")))), "g:a:!\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("[")))), "g:a:!\n"},
        {"pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("[]")))), "g:a:!\n"},
        /* Not what the project uses: plugins and their dependencies, profiles; exclusions are no
           dependencies. */
        {"pom.xml",
         POM("<build><plugins><plugin><groupId>p</groupId><artifactId>p</artifactId>" DEPENDENCIES(
             DEPENDENCY("p", "d", VERSION("1"))) "</plugin></plugins></build>"),
         ""},
        {"pom.xml",
         POM(DEPENDENCIES(
             DEPENDENCY("g", "a",
                        VERSION("1") "<exclusions><exclusion><groupId>no</groupId><artifactId>no</"
                                     "artifactId></exclusion></exclusions>"))),
         "g:a:1\n"},
        {"app/META-INF/maven/g/a/pom.xml", POM(DEPENDENCIES(DEPENDENCY("g", "a", VERSION("1")))), ""},
        {"pom.xml", "<html/>", "invalid: not a Maven project: the root element is 'html'\n"},
        {"pom.xml", "<!DOCTYPE project [<!ENTITY a 'b'>]><project>&a;</project>",
         "invalid: pom.xml: line 1: document type declarations are refused\n"},
        {"pom.xml", "<project>&a;</project>", "invalid: pom.xml: line 1: XML: undefined entity\n"},
        {"pom.xml", "<project>", "invalid: pom.xml: line 1: XML: no element found\n"},
        {"gradle.lockfile",
         "# "
         "x\nempty=annotationProcessor\ng:a:1=compileClasspath\ng:b:2=testCompileClasspath,"
         "testRuntimeClasspath\r\n",
         "g:a:1\ng:b:2 (dev)\n"},
        {"gradle.lockfile", "g:a:1=runtimeClasspath\n>>>\ng:a=x\n",
         "g:a:1\ninvalid: 2 lines are not 'group:artifact:version=...', the first is line 2\n"},
        {"buildscript-gradle.lockfile", "g:a:1=classpath\n", "g:a:1 (dev)\n"},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str found = read_text(a, rows[i].path, rows[i].text);
        if (!str_is(found, rows[i].expected))
            fail_msg("row %zu, %s\nexpected\n%sfound\n%.*s", i, rows[i].text, rows[i].expected,
                     STR_ARG(found));
    }
}

static void test_xml_caps(void **state)
{
    (void)state;
    _cleanup_(buf_free) struct buf deep = buf_new(1 << 20), wide = buf_new(4 << 20);
    buf_add_str(&deep, STR("<project>"));
    for (int i = 0; i < 100; i++)
        buf_add_str(&deep, STR("<project>"));
    buf_add_str(&wide, STR("<project><name>"));
    for (int i = 0; i < 200000; i++)
        buf_add_str(&wide, STR("0123456789"));
    buf_add_str(&wide, STR("</name></project>"));
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    assert_true(str_is(read_text(a, "pom.xml", deep.p),
                       "limit: pom.xml: line 1: XML elements nest deeper than 64\n"));
    assert_true(str_is(read_text(a, "pom.xml", wide.p),
                       "limit: pom.xml: line 1: XML text is longer than 1048576 bytes\n"));
}

struct member {
    const char *name;
    struct str content;
};

/* A zip of the members, ended by one without name. */
static struct str zip(struct arena *a, const struct member *members)
{
    enum { ROOM = 1 << 20 };
    char *to = arena_alloc(a, ROOM);
    size_t used = 0;
    struct archive *z = archive_write_new();
    archive_write_set_format_zip(z);
    archive_write_open_memory(z, to, ROOM, &used);
    for (; members->name; members++) {
        struct archive_entry *e = archive_entry_new();
        archive_entry_set_pathname(e, members->name);
        archive_entry_set_size(e, (int64_t)members->content.n);
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0644);
        archive_write_header(z, e);
        archive_write_data(z, members->content.p, members->content.n);
        archive_entry_free(e);
    }
    assert_int_equal(archive_write_free(z), ARCHIVE_OK);
    return (struct str){to, used};
}

#define PROPERTIES(g, a) "META-INF/maven/" g "/" a "/pom.properties"
#define MANIFEST         "META-INF/MANIFEST.MF"

static void test_jar(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *members[4][2]; /* name, content */
        const char *expected;
    } rows[] = {
        {"lib/a-1.0.jar",
         {{PROPERTIES("g", "a"), "#Generated by Maven\r\nversion=1.0\r\ngroupId=g\r\nartifactId=a\r\n"}},
         "g:a:1.0\n"},
        /* Shaded: what was put in is told, and the jar itself once. */
        {"lib/all-2.0.jar",
         {{PROPERTIES("g", "a"), "version=1.0\ngroupId=g\nartifactId=a"},
          {PROPERTIES("g", "all"), "version=2.0\ngroupId=g\nartifactId=all"}},
         "g:a:1.0\ng:all:2.0\n"},
        {"lib/all-2.0.jar",
         {{PROPERTIES("g", "a"), "version=1.0\ngroupId=g\nartifactId=a"}},
         ":all:2.0\ng:a:1.0\n"},
        /* Two versions of one artifact; the group before the name, as Quarkus does. */
        {"g.x.a-1.1.jar",
         {{"META-INF/maven/g.x/a/pom.properties", "version=1.1\ngroupId=g.x\nartifactId=a"},
          {"META-INF/maven/l/l/pom.properties", "version=1\ngroupId=l\nartifactId=l"},
          {"x/META-INF/maven/l/l/pom.properties", "version=2\ngroupId=l\nartifactId=l"}},
         "g.x:a:1.1\nl:l:1\nl:l:2\n"},
        {"renamed.jar", {{PROPERTIES("g", "a"), "version=1.0\ngroupId=g\nartifactId=a"}}, "g:a:1.0\n"},
        {"a-1.jar", {{PROPERTIES("g", "a"), "version = ${revision}\n"}}, "g:a:!\n"},
        {"a-1.jar",
         {{"META-INF/maven/g/a/pom.xml",
           "<project><parent><groupId>g</groupId><version>1</version></parent><artifactId>a</artifactId></"
           "project>"}},
         "g:a:1\n"},
        {"a-1.jar",
         {{"META-INF/maven/g/a/pom.xml", "<project><artifactId>a</artifactId><version>9</version></project>"},
          {PROPERTIES("g", "a"), "version=1\n"}},
         "g:a:1\n"},
        /* The manifest and the name: the group only where it is certain. */
        {"app-1.2.3.jar", {{MANIFEST, "Manifest-Version: 1.0\r\n"}}, ":app:1.2.3\n"},
        {"app.jar", {{MANIFEST, "Manifest-Version: 1.0\n"}}, ":app:!\n"},
        {"app.jar",
         {{MANIFEST, "Implementation-Title: tool\nImplementation-Vers\n ion: 3.1\n"}},
         ":tool:3.1\n"},
        {"app.jar", {{MANIFEST, "A: b\n\nName: x/\nImplementation-Version: 3.1\n"}}, ":app:!\n"},
        {"spring-core-5.3.17.jar",
         {{MANIFEST, "Implementation-Title: spring-core\nImplementation-Version: 5.3.17\n"}},
         "org.springframework:spring-core:5.3.17\n"},
        {"spring-core-5.3.17.jar", {{MANIFEST, "Implementation-Title: mine\n"}}, ":spring-core:5.3.17\n"},
        {"commons-lang3-3.9.jar",
         {{MANIFEST, "Bundle-SymbolicName: org.apache.commons.lang3;x=y\n"}},
         "org.apache.commons:commons-lang3:3.9\n"},
        {"jackson-databind-2.9.0.jar",
         {{MANIFEST, "Bundle-SymbolicName: com.fasterxml.jackson.core.jackson-databind\n"}},
         "com.fasterxml.jackson.core:jackson-databind:2.9.0\n"},
        {"guava-30.0-jre.jar", {{MANIFEST, "Bundle-SymbolicName: com.google.guava\n"}}, ":guava:30.0-jre\n"},
        {"x-1.jar", {{MANIFEST, "Implementation-Vendor-Id: org.example.x\n"}}, "org.example.x:x:1\n"},
        {"x-1.jar", {{MANIFEST, "Implementation-Vendor-Id: Example Inc.\n"}}, ":x:1\n"},
        {"plugins/p.hpi",
         {{MANIFEST,
           "Group-Id: com.example\nShort-Name: jenkins-plugin\nPlugin-Version: 1.0.0\nPlugin-License-Name: "
           "MIT License\n"}},
         "com.example:jenkins-plugin:1.0.0 MIT License\n"},
        {"x-1-sources.jar", {{MANIFEST, "A: b\n"}}, ""},
        {"x-1.jar", {{"readme", ""}}, ":x:1\n"},
        {"x-1.jar",
         {{"META-INF/maven/g/a/pom.xml", "<project"}},
         ":x:1\ninvalid: x-1.jar!/META-INF/maven/g/a/pom.xml: line 1: XML: unclosed token\n"},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct member members[5] = {0};
        for (size_t k = 0; k < 4 && rows[i].members[k][0]; k++)
            members[k] = (struct member){rows[i].members[k][0], str_from(rows[i].members[k][1])};
        struct str found = read_bytes(a, rows[i].path, zip(a, members));
        if (!str_is(found, rows[i].expected))
            fail_msg("row %zu, %s\nexpected\n%sfound\n%.*s", i, rows[i].path, rows[i].expected,
                     STR_ARG(found));
    }
    assert_true(str_starts(read_text(a, "x-1.jar", "not a zip"), STR("invalid: ")));
    assert_true(str_is(read_text(a, "w/META-INF/maven/g/a/pom.properties", "version=1\n"), "g:a:1\n"));
}

static void test_nested(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str inner = zip(a, (struct member[]){{PROPERTIES("g", "inner"), STR("version=3\n")}, {NULL}});
    struct str middle = zip(a, (struct member[]){{PROPERTIES("g", "middle"), STR("version=2\n")},
                                                 {"lib/inner-3.jar", inner},
                                                 {"lib/broken.jar", STR("no")},
                                                 {NULL}});
    struct str outer = zip(a, (struct member[]){{PROPERTIES("g", "outer"), STR("version=1\n")},
                                                {"WEB-INF/lib/middle-2.jar", middle},
                                                {NULL}});
    struct str found = read_bytes(a, "outer.war", outer);
    struct str line, rest = found;
    const char *expected[] = {"g:inner:3 in outer.war!/WEB-INF/lib/middle-2.jar!/lib/inner-3.jar",
                              "g:middle:2 in outer.war!/WEB-INF/lib/middle-2.jar", "g:outer:1"};
    for (size_t i = 0; i < 3; i++)
        assert_true(str_next(&rest, '\n', &line) && str_is(line, expected[i]));
    assert_true(str_starts(rest, STR("invalid: "))); /* the broken one, and no more */
    assert_true(str_next(&rest, '\n', &line) && !rest.n);
    /* A jar in a jar in a jar ...: a named limit, and what is above it is told. */
    struct str deep = inner;
    for (int i = 0; i < 20; i++)
        deep = zip(a, (struct member[]){{"deeper-1.jar", deep}, {NULL}});
    found = read_bytes(a, "deep-1.jar", deep);
    assert_true(str_find_str(found, STR("limit: archives nested deeper than 8 levels")) > 0);
    assert_true(str_starts(found, STR(":deep:1\n:deeper:1 in ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformance), cmocka_unit_test(test_text),     cmocka_unit_test(test_jar),
        cmocka_unit_test(test_nested),      cmocka_unit_test(test_xml_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
