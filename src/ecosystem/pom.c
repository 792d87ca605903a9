/* pom.xml: what a Maven project declares (https://maven.apache.org/pom.html). One file says only part of it:
 * parents and imported lists are elsewhere, so a version that this file does not settle is left empty and
 * marked unresolved. Left out are plugins (tools of the build) and profiles (off unless asked for). */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/xml.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/maven.h"

enum { POM_CAP = 8 << 20, DEPENDENCIES_MAX = 100000, NAMES_MAX = 16 };

#define PROJECT    "project/"
#define DEPENDENCY "project/dependencies/dependency"
#define MANAGED    "project/dependencyManagement/dependencies/dependency"

struct dependency {
    struct str group, artifact, version, scope, type, classifier;
};

struct pom {
    struct arena *arena;
    struct map properties; /* name -> struct str *, with those that Maven defines itself */
    VEC(struct dependency) dependencies;
    struct map managed; /* key() -> struct dependency * */
    struct dependency now;
    size_t n_managed;
    bool is_pom;
};

static void pom_free(struct pom *pom)
{
    map_free(&pom->properties);
    map_free(&pom->managed);
    vec_free(&pom->dependencies);
}

static void set_property(struct pom *pom, struct str name, struct str value)
{
    struct str *copy = arena_alloc(pom->arena, sizeof *copy);
    *copy = arena_str(pom->arena, value);
    map_set(&pom->properties, arena_str(pom->arena, name), copy);
}

/* ── interpolation ── */

/* "${a.${b}}" is not a thing in Maven: names do not nest, values do. */
static int resolve_into(const struct pom *pom, struct str s, struct buf *to, int depth)
{
    if (depth == NAMES_MAX)
        return ERR_LIMIT;
    while (s.n) {
        ptrdiff_t start = str_find_str(s, STR("${"));
        ptrdiff_t end = start < 0 ? -1 : str_find(str_slice(s, (size_t)start, s.n), '}');
        if (end < 0)
            return buf_add_str(to, s);
        struct str name = str_slice(s, (size_t)start + 2, (size_t)(start + end));
        const struct str *value = map_get(&pom->properties, str_trim(name));
        if (!value)
            return ERR_MISSING;
        buf_add(to, s.p, (size_t)start);
        int status = resolve_into(pom, *value, to, depth + 1);
        if (status < 0)
            return status;
        s = str_slice(s, (size_t)(start + end) + 1, s.n);
    }
    return buf_status(to);
}

/* False when a name in it is not known here, or refers to itself. */
static bool resolve(const struct pom *pom, struct str *s)
{
    enum { VALUE_MAX = 1024 };
    if (str_find_str(*s, STR("${")) < 0)
        return true;
    _cleanup_(buf_free) struct buf b = buf_new(VALUE_MAX);
    if (resolve_into(pom, *s, &b, 0) < 0)
        return false;
    *s = arena_str(pom->arena, str_trim(buf_str(&b)));
    return true;
}

/* ── reading ── */

static struct str *member_of(struct dependency *d, struct str name)
{
    if (str_is(name, "groupId"))
        return &d->group;
    if (str_is(name, "artifactId"))
        return &d->artifact;
    if (str_is(name, "version"))
        return &d->version;
    if (str_is(name, "scope"))
        return &d->scope;
    if (str_is(name, "type"))
        return &d->type;
    return str_is(name, "classifier") ? &d->classifier : NULL;
}

/* What identifies a dependency in dependencyManagement (POM reference, "Dependency Management"). */
static struct str key(struct arena *a, const struct dependency *d)
{
    return arena_printf(a, "%.*s:%.*s:%.*s:%.*s", STR_ARG(d->group), STR_ARG(d->artifact),
                        STR_ARG(d->type.n ? d->type : STR("jar")), STR_ARG(d->classifier));
}

static int on_open(void *ctx, const struct xml *x, struct str path)
{
    struct pom *pom = ctx;
    (void)x;
    if (str_find(path, '/') < 0)
        pom->is_pom = str_is(path, "project");
    if (!pom->is_pom)
        return err_set(ERR_INVALID, "not a Maven project: the root element is '%.*s'", STR_ARG(path));
    if (str_is(path, DEPENDENCY) || str_is(path, MANAGED))
        pom->now = (struct dependency){0};
    return 0;
}

static int end_dependency(struct pom *pom, bool managed)
{
    if (pom->dependencies.n + pom->n_managed == DEPENDENCIES_MAX)
        return err_set(ERR_LIMIT, "more than %d dependencies", DEPENDENCIES_MAX);
    if (!managed) {
        vec_add(&pom->dependencies, pom->now);
        return 0;
    }
    struct dependency *copy = arena_alloc(pom->arena, sizeof *copy);
    *copy = pom->now;
    pom->n_managed++;
    map_set(&pom->managed, key(pom->arena, copy), copy);
    return 0;
}

/* The project's own coordinates under all the names that expressions use: "project.x", and from Maven 2
 * "pom.x" and "x". A project without group or version has its parent's. */
static void set_coordinate(struct pom *pom, struct str name, struct str value)
{
    static const char *const prefixes[] = {"project.", "pom.", ""};
    bool from_parent = str_starts(name, STR("parent/"));
    struct str last = str_basename(name);
    if (!str_is(last, "groupId") && !str_is(last, "artifactId") && !str_is(last, "version"))
        return;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (from_parent)
            set_property(pom, arena_printf(pom->arena, "%sparent.%.*s", prefixes[i], STR_ARG(last)), value);
        struct str own = arena_printf(pom->arena, "%s%.*s", prefixes[i], STR_ARG(last));
        if (!from_parent || (!str_is(last, "artifactId") && !map_get(&pom->properties, own)))
            set_property(pom, own, value);
    }
}

static int on_close(void *ctx, const struct xml *x, struct str path, struct str text)
{
    struct pom *pom = ctx;
    struct str folder = str_dirname(path), last = str_basename(path);
    (void)x;
    if (str_is(path, DEPENDENCY) || str_is(path, MANAGED))
        return end_dependency(pom, path.n == sizeof MANAGED - 1);
    if (str_is(folder, DEPENDENCY) || str_is(folder, MANAGED)) {
        struct str *member = member_of(&pom->now, last);
        if (member)
            *member = arena_str(pom->arena, text);
    } else if (str_is(folder, "project/properties")) {
        set_property(pom, last, text);
    } else if (str_is(folder, "project") || str_is(folder, "project/parent")) {
        set_coordinate(pom, str_slice(path, sizeof PROJECT - 1, path.n), text);
    }
    return 0;
}

static int pom_read_text(struct arena *a, struct str text, struct str name, struct pom *ret_pom)
{
    *ret_pom = (struct pom){.arena = a};
    const struct xml_handler handler = {on_open, on_close, ret_pom};
    return xml_parse(text, name, &handler);
}

int pom_coordinates(struct arena *a, struct str text, struct str name, struct maven_id *ret_id)
{
    static const char *const names[] = {"project.groupId", "project.artifactId", "project.version"};
    _cleanup_(pom_free) struct pom pom;
    struct str values[3] = {0};
    int status = pom_read_text(a, text, name, &pom);
    if (status < 0)
        return status;
    for (size_t i = 0; i < 3; i++) {
        const struct str *value = map_get(&pom.properties, str_from(names[i]));
        if (value)
            values[i] = *value;
        if (!resolve(&pom, &values[i]))
            values[i] = (struct str){NULL, 0};
    }
    *ret_id = (struct maven_id){values[0], values[1], values[2]};
    return 0;
}

/* ── what it declares ── */

/* A version may be a range ("Version Requirement Specification"): "[1.0]" is a pin, of "[1.0,2.0)" the lowest
 * is told, because that is what may be in use. Returns whether one version is settled. */
static bool settle_version(struct str *version)
{
    if (str_is(*version, "LATEST") || str_is(*version, "RELEASE")) {
        version->n = 0;
        return false;
    }
    if (!version->n || (version->p[0] != '[' && version->p[0] != '('))
        return version->n != 0;
    struct str inside = str_slice(*version, 1, version->n), low;
    ptrdiff_t comma = str_find(inside, ','), end = str_find(inside, ']');
    if (end >= 0 && (comma < 0 || end < comma)) {
        *version = str_trim(str_slice(inside, 0, (size_t)end));
        return version->n && version->p + version->n < inside.p + inside.n;
    }
    low = comma < 0 ? (struct str){NULL, 0} : str_trim(str_slice(inside, 0, (size_t)comma));
    *version = low;
    return false;
}

static void add_dependency(struct inventory *inv, const struct view_file *file, const struct pom *pom,
                           struct dependency d)
{
    bool named = resolve(pom, &d.group) && resolve(pom, &d.artifact);
    resolve(pom, &d.type);
    resolve(pom, &d.classifier);
    const struct dependency *managed = map_get(&pom->managed, key(pom->arena, &d));
    if (managed && !d.version.n)
        d.version = managed->version;
    if (managed && !d.scope.n)
        d.scope = managed->scope;
    if (!named || !d.group.n || !d.artifact.n)
        return; /* nothing that could be looked up */
    if (!resolve(pom, &d.version))
        d.version = (struct str){NULL, 0};
    struct package p = {.manager = PM_POM, .dev = str_is(d.scope, "test")};
    p.unresolved = !settle_version(&d.version);
    maven_add(inv, file, (struct maven_id){d.group, d.artifact, d.version}, p);
}

/* The keys of dependencyManagement may have expressions in them. */
static void resolve_managed(struct pom *pom)
{
    struct map resolved = {0};
    for (size_t i = 0; i < pom->managed.n; i++) {
        struct dependency *d = pom->managed.entries[i].value;
        if (resolve(pom, &d->group) && resolve(pom, &d->artifact) && resolve(pom, &d->type) &&
            resolve(pom, &d->classifier))
            map_set(&resolved, key(pom->arena, d), d);
    }
    map_free(&pom->managed);
    pom->managed = resolved;
}

static int pom_read(struct inventory *inv, struct view_file *file)
{
    /* The description that a jar carries of itself, unpacked: what it declares is not what lies there. */
    if (str_glob(STR("**/META-INF/maven/**/pom.xml"), file->path))
        return 0;
    struct str text;
    int status = view_file_content(file, POM_CAP, &text);
    if (status < 0)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(pom_free) struct pom pom;
    status = pom_read_text(a, text, file->path, &pom);
    if (status < 0)
        return status;
    resolve_managed(&pom);
    vec_each(d, &pom.dependencies) add_dependency(inv, file, &pom, *d);
    return 0;
}

const struct ecosystem ecosystem_pom = {
    .name = "pom",
    .help = "Maven projects: the dependencies of pom.xml",
    .patterns = (const char *const[]){"**/pom.xml", NULL},
    .read = pom_read,
};
