/* The lock files of Python's tools: poetry.lock, uv.lock, pdm.lock and the standard pylock.toml (PEP 751) in
 * TOML, and Pipfile.lock in JSON. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "base/toml.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/pypi.h"

struct reader {
    struct inventory *inv;
    struct view_file *file;
    struct arena *a;
};

static int first_error(int so_far, int status)
{
    return so_far < 0 ? so_far : status;
}

static struct package package_of(const struct toml *entry, enum package_manager manager)
{
    return (struct package){
        .name = toml_get_str(entry, "name"),
        .version = toml_get_str(entry, "version"),
        .manager = manager,
    };
}

static bool has_item(const struct toml *array, const char *text)
{
    toml_each(item, array) if (str_is(toml_str(item), text)) return true;
    return false;
}

/* ---- poetry.lock: https://python-poetry.org/docs/managing-dependencies/#dependency-groups says that groups
 * other than main hold what is needed for development only. Before version 2 of the lock there was a category
 * instead. ---- */

static int poetry_package(const struct reader *r, const struct toml *entry)
{
    const struct toml *groups = toml_get(entry, "groups");
    if (str_is(toml_get_str(toml_get(entry, "source"), "type"), "directory"))
        return 0; /* the project's own */
    struct package p = package_of(entry, PM_POETRY);
    p.dev =
        str_is(toml_get_str(entry, "category"), "dev") || (groups && groups->n && !has_item(groups, "main"));
    return pypi_add(r->inv, r->file, p);
}

/* ---- pdm.lock: its groups are also the extras that users of the project may ask for, so only the customary
 * names of development ones count. ---- */

static bool pdm_is_dev(const struct toml *groups)
{
    static const char *const names[] = {"dev", "test", "tests", "lint", "doc", "docs", NULL};
    toml_each(group, groups)
    {
        const char *const *name = names;
        while (*name && !str_is(toml_str(group), *name))
            name++;
        if (!*name)
            return false;
    }
    return groups && groups->n;
}

static int pdm_package(const struct reader *r, const struct toml *entry)
{
    struct str path = toml_get_str(entry, "path");
    if (toml_get_bool(entry, "editable") ||
        (path.n && !str_ends(path, STR(".whl")) && !str_ends(path, STR(".gz"))))
        return 0; /* a folder of the project's own */
    struct package p = package_of(entry, PM_POETRY);
    p.dev = pdm_is_dev(toml_get(entry, "groups"));
    return pypi_add(r->inv, r->file, p);
}

static int pylock_package(const struct reader *r, const struct toml *entry)
{
    return toml_get(entry, "directory") ? 0 : pypi_add(r->inv, r->file, package_of(entry, PM_PIP));
}

static int read_array(const struct reader *r, const struct toml *root, const char *name,
                      int (*read)(const struct reader *, const struct toml *))
{
    const struct toml *packages = toml_get(root, name);
    int status = 0;
    if (packages && packages->type != TOML_ARRAY)
        return err_set(ERR_INVALID, "'%s' is not an array", name);
    toml_each(entry, packages) status = first_error(status, read(r, entry));
    return status;
}

static int read_poetry(const struct reader *r, const struct toml *root)
{
    return read_array(r, root, "package", poetry_package);
}

static int read_pdm(const struct reader *r, const struct toml *root)
{
    return read_array(r, root, "package", pdm_package);
}

static int read_pylock(const struct reader *r, const struct toml *root)
{
    return read_array(r, root, "packages", pylock_package);
}

/* ---- uv.lock: it does not mark what is for development. Whatever the members of the workspace do not reach
 * through their dependencies and extras is in it only for their "dev-dependencies". ---- */

struct uv_package {
    const struct toml *entry;
    struct uv_package *same; /* another version of the same name */
    bool named;              /* by a dependency; of the first of its name only */
    bool reached, own;
};

struct uv_lock {
    VEC(struct uv_package) packages;
    struct map by_name;
    VEC(struct uv_package *) todo;
};

static bool uv_is_own(const struct toml *entry)
{
    const struct toml *source = toml_get(entry, "source");
    return toml_get(source, "virtual") || toml_get(source, "editable") || toml_get(source, "directory");
}

static void uv_reach(struct uv_lock *lock, const struct toml *dependencies)
{
    toml_each(dependency, dependencies)
    {
        struct uv_package *p = map_get(&lock->by_name, toml_get_str(dependency, "name"));
        if (!p || p->named)
            continue;
        for (p->named = true; p; p = p->same) {
            if (!p->reached)
                vec_add(&lock->todo, p);
            p->reached = true;
        }
    }
}

static void uv_mark(struct uv_lock *lock)
{
    vec_each(p, &lock->packages)
    {
        void **first = map_at(&lock->by_name, toml_get_str(p->entry, "name"));
        p->same = *first;
        *first = p;
        if (p->own) {
            p->reached = true;
            vec_add(&lock->todo, p);
        }
    }
    bool any = lock->todo.n > 0;
    while (lock->todo.n) {
        const struct toml *entry = lock->todo.at[--lock->todo.n]->entry;
        uv_reach(lock, toml_get(entry, "dependencies"));
        toml_each(extra, toml_get(entry, "optional-dependencies")) uv_reach(lock, extra);
    }
    if (!any) /* without a project nothing can be told apart */
        vec_each(p, &lock->packages) p->reached = true;
}

static int uv_add_all(const struct reader *r, const struct uv_lock *lock)
{
    int status = 0;
    vec_each(p, &lock->packages)
    {
        struct package package = package_of(p->entry, PM_POETRY);
        package.dev = !p->reached;
        if (!p->own)
            status = first_error(status, pypi_add(r->inv, r->file, package));
    }
    return status;
}

static int read_uv(const struct reader *r, const struct toml *root)
{
    struct uv_lock lock = {0};
    toml_each(entry, toml_get(root, "package"))
        vec_add(&lock.packages, (struct uv_package){.entry = entry, .own = uv_is_own(entry)});
    uv_mark(&lock);
    int status = uv_add_all(r, &lock);
    vec_free(&lock.packages);
    vec_free(&lock.todo);
    map_free(&lock.by_name);
    return status;
}

/* ---- Pipfile.lock: https://github.com/pypa/pipfile; each section but "_meta" is a category of packages.
 * ---- */

static int pipenv_package(const struct reader *r, struct str name, json_val *entry, bool dev)
{
    struct package p = {.name = name, .manager = PM_PIPENV, .dev = dev};
    struct str version = json_get_str(entry, "version");
    if (!version.n && json_get_str(entry, "path").n)
        return 0; /* a folder of the project's own */
    if (str_starts(version, STR("==")))
        version = str_trim(str_slice(version, str_starts(version, STR("===")) ? 3 : 2, version.n));
    if (pypi_is_version(version))
        p.version = version;
    return pypi_add(r->inv, r->file, p);
}

static int read_pipenv(const struct reader *r, struct str text)
{
    json_val *root;
    int status = json_parse(r->a, text, &root);
    if (status < 0)
        return status;
    if (!yyjson_is_obj(root))
        return err_set(ERR_INVALID, "Pipfile.lock: not a JSON object");
    for (json_each_member(section, packages, root))
        if (!str_is(json_str(section), "_meta"))
            for (json_each_member(name, entry, packages))
                status = first_error(
                    status, pipenv_package(r, json_str(name), entry, str_is(json_str(section), "develop")));
    return status;
}

static int python_lock_read(struct inventory *inv, struct view_file *file)
{
    static const struct {
        const char *name;
        int (*read)(const struct reader *r, const struct toml *root);
    } formats[] = {{"poetry.lock", read_poetry}, {"pdm.lock", read_pdm}, {"uv.lock", read_uv}};
    struct str text, name = str_basename(file->path);
    int status = view_file_content(file, PYPI_LOCK_CAP, &text);
    if (status < 0)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct reader r = {inv, file, a};
    if (str_is(name, "Pipfile.lock"))
        return read_pipenv(&r, text);
    const struct toml *root;
    status = toml_parse(a, text, &root);
    if (status < 0)
        return status;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (str_is(name, formats[i].name))
            return formats[i].read(&r, root);
    return read_pylock(&r, root);
}

const struct ecosystem ecosystem_python_lock = {
    .name = "python-lock",
    .help = "poetry.lock, uv.lock, pdm.lock, pylock.toml, pylock.*.toml, Pipfile.lock",
    .patterns = (const char *const[]){"**/poetry.lock", "**/uv.lock", "**/pdm.lock", "**/pylock.toml",
                                      "**/pylock.*.toml", "**/Pipfile.lock", NULL},
    .read = python_lock_read,
};
