/* Java: Maven projects, Gradle's lists, jars. */
#include "inventory_cases.h"

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
static struct str read_text(struct arena *a, const char *path, const char *text)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct view_file file = view_file_memory(str_from(path), str_from(text));
    struct str all = {"", 0};
    ecosystem_offer(inv, &file);
    inventory_finish(inv);
    vec_each(p, &inv->packages) all =
        arena_printf(a, "%.*s%.*s:%.*s:%.*s%s%s\n", STR_ARG(all), STR_ARG(p->namespace), STR_ARG(p->name),
                     STR_ARG(p->version), p->unresolved ? "!" : "", p->dev ? " (dev)" : "");
    vec_each(p, &inv->problems) all =
        arena_printf(a, "%.*s%s: %.*s\n", STR_ARG(all), err_name(p->code), STR_ARG(p->text));
    return all;
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
        buf_add_str(&deep, STR("<a>"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformance),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_xml_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
