/* What leaves packages unknown, told of as problems so that a project is not taken for one without flaws:
 * lock files of ecosystems that nothing here reads yet, and projects that name packages they need while
 * neither a lock file nor installed copies tell the versions. What installed packages bring along of either
 * is passed over: it tells what their authors had, not what is here.
 *
 * One file is read at a time: each project that names packages is a problem at first, and unread_settle()
 * takes it back when their versions were found in another file. */
#include "ecosystem/unread.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/toml.h"
#include "ecosystem/ecosystem.h"

enum { PROJECT_CAP = 4 << 20 };

static const struct {
    struct str end; /* of the path */
    const char *whose;
} locks[] = {
    {STR("go.mod"), "Go"},
    {STR("Gemfile.lock"), "Ruby"},
    {STR("packages.lock.json"), ".NET"},
    {STR(".deps.json"), ".NET"},
    {STR("pubspec.lock"), "Dart"},
    {STR("mix.lock"), "Elixir"},
    {STR("Package.resolved"), "Swift"},
    {STR("Podfile.lock"), "CocoaPods"},
    {STR("conan.lock"), "Conan"},
};

/* Where in the path, from the beginning of a folder's name on, `part` stands; below 0: nowhere. */
static ptrdiff_t find_part(struct str path, struct str part)
{
    for (size_t at = 0; at + part.n <= path.n; at++)
        if ((!at || path.p[at - 1] == '/') && str_starts(str_slice(path, at, path.n), part))
            return (ptrdiff_t)at;
    return -1;
}

static bool is_installed(struct str path)
{
    static const struct str folders[] = {
        STR("node_modules/"),    STR("site-packages/"),  STR("dist-packages/"), STR("gems/"),
        STR(".cargo/registry/"), STR("cargo/registry/"), STR(".cargo/git/"),    STR("cargo/git/"),
        STR("pkg/mod/"),         STR(".bun/install/")};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (find_part(path, folders[i]) >= 0)
            return true;
    return false;
}

/* ---- projects ---- */

/* Of npm and Composer: what is not in a folder of the project's own, and for Composer no part of PHP. */
static bool names_json(json_val *packages, bool with_vendor)
{
    static const struct str own[] = {STR("file:"), STR("link:"), STR("portal:"), STR("workspace:")};
    for (json_each_member(key, value, packages)) {
        bool counts = !with_vendor || str_find(json_str(key), '/') >= 0;
        for (size_t i = 0; counts && i < sizeof own / sizeof *own; i++)
            counts = !str_starts(json_str(value), own[i]);
        if (counts)
            return true;
    }
    return false;
}

/* Of Cargo, Poetry and Pipenv. */
static bool names_toml(const struct toml *packages)
{
    toml_each(item, packages)
    {
        if (!toml_get(item, "path") && !str_is(item->key, "python"))
            return true;
    }
    return false;
}

static bool names_target(const struct toml *root)
{
    toml_each(target, toml_get(root, "target"))
    {
        if (names_toml(toml_get(target, "dependencies")))
            return true;
    }
    return false;
}

static bool node_names(struct arena *a, struct str text)
{
    json_val *root;
    return json_parse(a, text, &root) < 0 || names_json(json_get(root, "dependencies"), false);
}

static bool composer_names(struct arena *a, struct str text)
{
    json_val *root;
    return json_parse(a, text, &root) < 0 || names_json(json_get(root, "require"), true);
}

static bool cargo_names(struct arena *a, struct str text)
{
    const struct toml *root;
    return toml_parse(a, text, &root) < 0 || names_toml(toml_get(root, "dependencies")) ||
           names_toml(toml_get(root, "build-dependencies")) || names_target(root);
}

/* pyproject.toml and Pipfile; what [project] says is read (python_project.c). */
static bool python_names(struct arena *a, struct str text)
{
    const struct toml *root;
    return toml_parse(a, text, &root) < 0 || names_toml(toml_get(root, "packages")) ||
           names_toml(toml_get(toml_get(toml_get(root, "tool"), "poetry"), "dependencies"));
}

static bool gradle_names(struct arena *a, struct str text)
{
    (void)a;
    return str_find_str(text, STR("dependencies")) >= 0;
}

/* `beside`: in which place beside the project what tells the versions is, if not in a lock file there. */
static const struct {
    struct str name;
    const char *type; /* of the packages' purls */
    struct str beside;
    bool (*names)(struct arena *a, struct str text); /* packages; also when it cannot be understood */
} projects[] = {
    {STR("package.json"), "npm", STR("node_modules/"), node_names},
    {STR("composer.json"), "composer", STR("vendor/composer/"), composer_names},
    {STR("Cargo.toml"), "cargo", STR("Cargo.lock"), cargo_names},
    {STR("pyproject.toml"), "pypi", STR(".venv/"), python_names},
    {STR("Pipfile"), "pypi", STR(".venv/"), python_names},
    {STR("build.gradle"), "maven", STR("gradle/verification-metadata.xml"), gradle_names},
    {STR("build.gradle.kts"), "maven", STR("gradle/verification-metadata.xml"), gradle_names},
};
enum { PROJECTS = sizeof projects / sizeof *projects };

static const char names_without_versions[] =
    "names packages, but neither a lock file nor installed copies tell their versions";

static int read_project(struct view_file *file, bool (*names)(struct arena *a, struct str text))
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str text;
    int status = view_file_content(file, PROJECT_CAP, &text);
    if (status < 0)
        return status;
    return names(a, text) ? err_set(ERR_MISSING, "%s", names_without_versions) : 0;
}

/* The folder of the project whose versions the file at `path` tells. */
static struct str project_of(struct str path, struct str beside)
{
    ptrdiff_t at = find_part(path, beside);
    return at < 0 ? str_dirname(path) : str_slice(path, 0, at ? (size_t)at - 1 : 0);
}

/* By folder, which kinds of projects are settled there, as bits. */
static void note_settled(struct map *settled, const struct package *p)
{
    for (size_t i = 0; i < PROJECTS; i++)
        if (!p->unresolved && p->manager != PM_JAR && str_is(p->type, projects[i].type)) {
            void **bits = map_at(settled, project_of(p->path, projects[i].beside));
            *bits = (void *)((uintptr_t)*bits | (uintptr_t)1 << i);
        }
}

/* A workspace has its lock file and installed copies in a folder above. */
static bool is_settled(const struct map *settled, struct str path)
{
    struct str folder = path;
    size_t kind = 0;
    while (kind < PROJECTS && !str_eq(str_basename(path), projects[kind].name))
        kind++;
    while (kind < PROJECTS && folder.n) {
        folder = str_dirname(folder);
        if ((uintptr_t)map_get(settled, folder) >> kind & 1)
            return true;
    }
    return false;
}

void unread_settle(struct inventory *inv)
{
    struct map settled = {0};
    size_t kept = 0;
    bool any = false;
    vec_each(p, &inv->problems) any |= str_is(p->text, names_without_versions);
    if (!any)
        return;
    vec_each(p, &inv->packages) note_settled(&settled, p);
    vec_each(p, &inv->problems)
    {
        if (!str_is(p->text, names_without_versions) ||
            (!inventory_owner(inv, p->path).n && !is_settled(&settled, p->path)))
            inv->problems.at[kept++] = *p;
    }
    inv->problems.n = kept;
    map_free(&settled);
}

static int unread_read(struct inventory *inv, struct view_file *file)
{
    (void)inv;
    if (is_installed(file->path))
        return 0;
    for (size_t i = 0; i < sizeof locks / sizeof *locks; i++)
        if (str_ends(file->path, locks[i].end))
            return err_set(ERR_UNSUPPORTED, "packages of %s are read from SBOMs only", locks[i].whose);
    for (size_t i = 0; i < PROJECTS && find_part(file->path, STR("vendor/")) < 0; i++)
        if (str_eq(str_basename(file->path), projects[i].name))
            return read_project(file, projects[i].names);
    return 0;
}

const struct ecosystem ecosystem_unread = {
    .name = "unread",
    .help = "names what leaves packages unknown: go.mod, Gemfile.lock, packages.lock.json, *.deps.json, "
            "pubspec.lock, mix.lock, Package.resolved, Podfile.lock, conan.lock; and without a lock file "
            "or installed copies package.json, composer.json, Cargo.toml, pyproject.toml, Pipfile, "
            "build.gradle, build.gradle.kts",
    .patterns =
        (const char *const[]){"**/go.mod", "**/Gemfile.lock", "**/packages.lock.json", "**/*.deps.json",
                              "**/pubspec.lock", "**/mix.lock", "**/Package.resolved", "**/Podfile.lock",
                              "**/conan.lock", "**/package.json", "**/composer.json", "**/Cargo.toml",
                              "**/pyproject.toml", "**/Pipfile", "**/build.gradle", "**/build.gradle.kts",
                              NULL},
    .read = unread_read,
};
