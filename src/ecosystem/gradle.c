/* Gradle's lock files (https://docs.gradle.org/current/userguide/dependency_locking.html) and its list of
 * verified artefacts (https://docs.gradle.org/current/userguide/dependency_verification.html). */
#include "base/err.h"
#include "base/xml.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/maven.h"

enum { GRADLE_CAP = 32 << 20 };

/* "testCompileClasspath,testRuntimeClasspath": whether every configuration is one for tests. */
static bool is_for_tests(struct str configurations)
{
    struct str one;
    bool any = false;
    while (str_next(&configurations, ',', &one)) {
        if (!str_starts(one, STR("test")))
            return false;
        any = true;
    }
    return any;
}

/* "group:artifact:version=configuration,..." */
static bool read_line(struct inventory *inv, const struct view_file *file, struct str line)
{
    struct str coordinates, configurations, rest;
    struct maven_id id;
    if (!str_cut(line, '=', &coordinates, &configurations))
        return false;
    if (str_is(coordinates, "empty"))
        return true;
    if (!str_cut(coordinates, ':', &id.group, &rest) || !str_cut(rest, ':', &id.artifact, &id.version) ||
        !id.group.n || !id.artifact.n || !id.version.n)
        return false;
    struct package p = {.manager = PM_POM, .dev = is_for_tests(configurations)};
    p.dev = p.dev || str_is(str_basename(file->path), "buildscript-gradle.lockfile");
    maven_add(inv, file, id, p);
    return true;
}

static void read_lock(struct inventory *inv, const struct view_file *file, struct str text)
{
    struct str line;
    size_t n = 0, bad = 0, first_bad = 0;
    while (str_next(&text, '\n', &line)) {
        n++;
        line = str_trim(line);
        if (!line.n || line.p[0] == '#' || read_line(inv, file, line))
            continue;
        if (!bad++)
            first_bad = n;
    }
    if (bad)
        inventory_problem(inv, file->path,
                          err_set(ERR_INVALID,
                                  "%zu lines are not 'group:artifact:version=...', the first is line %zu",
                                  bad, first_bad));
}

struct verification {
    struct inventory *inv;
    const struct view_file *file;
};

static int on_open(void *ctx, const struct xml *x, struct str path)
{
    struct verification *v = ctx;
    if (!str_is(path, "verification-metadata/components/component"))
        return 0;
    struct maven_id id = {xml_attribute(x, "group"), xml_attribute(x, "name"), xml_attribute(x, "version")};
    maven_add(v->inv, v->file, id, (struct package){.manager = PM_POM});
    return 0;
}

static int gradle_read(struct inventory *inv, struct view_file *file)
{
    struct str text;
    int status = view_file_content(file, GRADLE_CAP, &text);
    if (status < 0)
        return status;
    if (str_ends(file->path, STR(".xml"))) {
        struct verification v = {inv, file};
        return xml_parse(text, file->path, &(struct xml_handler){.open = on_open, .ctx = &v});
    }
    read_lock(inv, file, text);
    return 0;
}

const struct ecosystem ecosystem_gradle = {
    .name = "gradle",
    .help = "Gradle: gradle.lockfile, gradle/verification-metadata.xml",
    .patterns = (const char *const[]){"**/gradle.lockfile", "**/buildscript-gradle.lockfile",
                                      "**/gradle/verification-metadata.xml", NULL},
    .read = gradle_read,
};
