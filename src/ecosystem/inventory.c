#include "ecosystem/inventory.h"

#include <stdlib.h>

#include "base/err.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/unread.h"

const char *package_manager_name(enum package_manager pm)
{
    static const char *const names[] = {
        [PM_NONE] = "",
        [PM_OS] = "OS",
        [PM_PIP] = "PIP",
        [PM_PIPENV] = "PIPENV",
        [PM_POETRY] = "POETRY",
        [PM_PYTHONPKG] = "PYTHONPKG",
        [PM_NPM] = "NPM",
        [PM_YARN] = "YARN",
        [PM_NODEPKG] = "NODEPKG",
        [PM_JAR] = "JAR",
        [PM_POM] = "POM",
        [PM_BUNDLER] = "BUNDLER",
        [PM_GEMSPEC] = "GEMSPEC",
        [PM_CARGO] = "CARGO",
        [PM_COMPOSER] = "COMPOSER",
        [PM_NUGET] = "NUGET",
        [PM_DOTNET_CORE] = "DOTNET_CORE",
        [PM_GOBINARY] = "GOBINARY",
        [PM_GOMOD] = "GOMOD",
    };
    return (unsigned)pm < sizeof names / sizeof *names ? names[pm] : "";
}

struct inventory *inventory_new(void)
{
    struct inventory *inv = mem_alloc(sizeof *inv);
    inv->arena = arena_new(0);
    return inv;
}

void inventory_free(struct inventory *inv)
{
    if (!inv)
        return;
    vec_free(&inv->os_claims);
    vec_free(&inv->packages);
    vec_free(&inv->problems);
    vec_free(&inv->layers);
    map_free(&inv->owned);
    arena_free(inv->arena);
    free(inv);
}

/* Says once that a cap is reached. An SBOM may name no path for any of its packages: only the whole is
 * capped. */
static bool has_room(struct inventory *inv, const struct package *p)
{
    size_t n = inv->packages.n;
    inv->in_row = n && str_eq(inv->last_path, p->path) ? inv->in_row + 1 : 1;
    if (n == PACKAGES_MAX && !inv->full) {
        inv->full = true;
        inventory_problem(inv, p->path,
                          err_set(ERR_LIMIT, "more than %d packages in the target", PACKAGES_MAX));
    }
    if (p->path.n && inv->in_row == PACKAGES_PER_FILE_MAX + 1)
        inventory_problem(inv, p->path,
                          err_set(ERR_LIMIT, "lists more than %d packages", PACKAGES_PER_FILE_MAX));
    return n < PACKAGES_MAX && (!p->path.n || inv->in_row <= PACKAGES_PER_FILE_MAX);
}

void inventory_add(struct inventory *inv, const struct package *p)
{
    if (!p->type.n || !p->name.n || !has_room(inv, p))
        return;
    struct package *copy = vec_push(&inv->packages);
    *copy = *p;
    struct str *const slices[] = {&copy->type,   &copy->namespace, &copy->name,           &copy->version,
                                  &copy->arch,   &copy->source,    &copy->source_version, &copy->modularity,
                                  &copy->vendor, &copy->path,      &copy->owner,          &copy->license,
                                  &copy->digest};
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++)
        *slices[i] = slices[i]->n ? arena_str(inv->arena, *slices[i]) : (struct str){NULL, 0};
    inv->last_path = copy->path;
}

void inventory_problem(struct inventory *inv, struct str path, int code)
{
    if (inv->problems.n > PROBLEMS_MAX)
        return;
    if (inv->problems.n == PROBLEMS_MAX)
        code = err_set(ERR_LIMIT, "more than %d problems; the others are not listed", PROBLEMS_MAX);
    vec_add(&inv->problems,
            (struct problem){arena_str(inv->arena, path), code, arena_str(inv->arena, str_from(err_text()))});
}

static bool is_stronger(const struct os_claim *a, const struct os_claim *b)
{
    bool a_named = a->os.family.n > 0, b_named = b->os.family.n > 0;
    return a_named != b_named ? a_named : a->rank < b->rank;
}

void inventory_claim_os(struct inventory *inv, unsigned rank, const struct os *os)
{
    struct os_claim *claim = vec_push(&inv->os_claims);
    claim->rank = rank;
    claim->os = (struct os){
        .family = arena_str(inv->arena, os->family),
        .version = arena_str(inv->arena, os->version),
        .codename = arena_str(inv->arena, os->codename),
        .name = arena_str(inv->arena, os->name),
        .like = arena_str(inv->arena, os->like),
    };
    const struct os_claim *best = NULL, *spare = NULL;
    vec_each(c, &inv->os_claims)
    {
        if (!best || is_stronger(c, best))
            best = c;
    }
    inv->os = best->os;
    if (best->os.version.n || best->os.codename.n)
        return;
    vec_each(c, &inv->os_claims)
    {
        if (str_eq(c->os.family, best->os.family) && (c->os.version.n || c->os.codename.n) &&
            (!spare || c->rank < spare->rank))
            spare = c;
    }
    if (spare) {
        inv->os.version = spare->os.version;
        inv->os.codename = spare->os.codename;
    }
}

/* The same key for a file before and after the merge of /bin, /sbin and /lib* into /usr. */
static struct str owned_key(struct str path)
{
    return str_starts(path, STR("usr/")) ? str_slice(path, 4, path.n) : path;
}

void inventory_own(struct inventory *inv, struct str path, struct str owner)
{
    if (!ecosystem_wants(path))
        return;
    void **slot = map_at(&inv->owned, arena_str(inv->arena, owned_key(path)));
    struct str *name = arena_alloc(inv->arena, sizeof *name);
    *name = arena_str(inv->arena, owner);
    *slot = name;
}

struct str inventory_owner(const struct inventory *inv, struct str path)
{
    ptrdiff_t inside = str_find_str(path, STR("!/"));
    if (inside >= 0)
        path = str_slice(path, 0, (size_t)inside);
    const struct str *owner = map_get(&inv->owned, owned_key(path));
    return owner ? *owner : (struct str){NULL, 0};
}

static int by_identity(const void *left, const void *right)
{
    const struct package *a = left, *b = right;
    int order = str_cmp(a->type, b->type);
    if (!order)
        order = str_cmp(a->namespace, b->namespace);
    if (!order)
        order = str_cmp(a->name, b->name);
    if (!order)
        order = str_cmp(a->version, b->version);
    if (!order)
        order = str_cmp(a->arch, b->arch);
    return order ? order : str_cmp(a->path, b->path);
}

/* Distribution packages are the same wherever they are listed (status and status.d, two rpm databases). */
static bool is_same(const struct package *a, const struct package *b)
{
    if (a->manager != PM_OS || b->manager != PM_OS)
        return by_identity(a, b) == 0;
    return str_eq(a->type, b->type) && str_eq(a->name, b->name) && str_eq(a->version, b->version) &&
           str_eq(a->arch, b->arch);
}

/* Of equal packages one is kept; it is a development one only when all were. */
static void drop_duplicates(struct inventory *inv)
{
    size_t kept = 0;
    for (size_t i = 0; i < inv->packages.n; i++) {
        struct package *p = &inv->packages.at[i];
        struct package *last = kept ? &inv->packages.at[kept - 1] : NULL;
        if (last && is_same(last, p))
            last->dev = last->dev && p->dev;
        else
            inv->packages.at[kept++] = *p;
    }
    inv->packages.n = kept;
}

struct str os_vendor(struct str family)
{
    static const struct {
        struct str family, namespace;
    } rows[] = {
        {STR("rhel"), STR("redhat")},
        {STR("sles"), STR("suse")},
        {STR("sled"), STR("suse")},
        {STR("sles_sap"), STR("suse")},
        {STR("sle-micro"), STR("suse")},
        {STR("suse-microos"), STR("suse")},
        {STR("opensuse-leap"), STR("opensuse")},
        {STR("opensuse-tumbleweed"), STR("opensuse")},
        {STR("opensuse-microos"), STR("opensuse")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq(family, rows[i].family))
            return rows[i].namespace;
    return family;
}

void inventory_finish(struct inventory *inv)
{
    struct str vendor = os_vendor(inv->os.family);
    vec_each(p, &inv->packages)
    {
        if (p->manager != PM_OS && !p->owner.n) /* an inventory read from JSON states it */
            p->owner = inventory_owner(inv, p->path);
        else if (p->manager == PM_OS && !p->namespace.n)
            p->namespace = vendor;
    }
    if (inv->packages.n)
        qsort(inv->packages.at, inv->packages.n, sizeof *inv->packages.at, by_identity);
    drop_duplicates(inv);
    unread_settle(inv);
}
