/* Inventories of Systems Manager. Its agent asks dpkg or rpm for names, versions and little else, so some of
 * what a package database has is not told, and the result says so instead of guessing. */
#include "aws/ssm.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "ecosystem/rpm_header.h"
#include "monitor/engine.h"
#include "monitor/instance.h"

enum { ENTRIES_MAX = 200000, DAY = 86400 };

/* As the agent takes names from os-release's NAME or older release files, and ours from its ID. */
static const struct {
    const char *begins, *family;
} families[] = {
    {"Amazon Linux", "amzn"}, {"Ubuntu", "ubuntu"},
    {"Debian", "debian"},     {"Red Hat Enterprise Linux", "rhel"},
    {"CentOS", "centos"},     {"AlmaLinux", "almalinux"},
    {"Rocky Linux", "rocky"}, {"Oracle Linux", "ol"},
    {"SLES", "sles"},         {"SUSE Linux Enterprise Server", "sles"},
    {"Fedora", "fedora"},     {"Bottlerocket", "bottlerocket"},
};

struct os ssm_platform(struct arena *a, struct str name, struct str version)
{
    struct os os = {.version = version};
    for (size_t i = 0; i < sizeof families / sizeof *families && !os.family.n; i++)
        if (str_starts(name, str_from(families[i].begins)))
            os.family = str_from(families[i].family);
    os.name = arena_printf(a, "%.*s %.*s", STR_ARG(name), STR_ARG(version));
    return os;
}

/* ---- packages ---- */

/* The agent says x86_64 for all 64-bit packages of that processor. */
static struct str debian_arch(struct str arch)
{
    return str_is(arch, "x86_64") ? STR("amd64") : str_is(arch, "aarch64") ? STR("arm64") : arch;
}

/* "NAME_VERSION_ARCH.deb": the version as dpkg has it, which the member Version may lack a part of. */
static struct str debian_version(struct str id, struct str name)
{
    struct str rest = {NULL, 0};
    if (!str_starts(id, name) || id.n <= name.n || id.p[name.n] != '_')
        return rest;
    rest = str_slice(id, name.n + 1, id.n);
    ptrdiff_t end = str_rfind(rest, '_');
    return end > 0 ? str_slice(rest, 0, (size_t)end) : (struct str){NULL, 0};
}

/* [epoch:]version[-release]; a part that Version has already is not added again. */
static struct str whole_version(struct arena *a, json_val *entry)
{
    struct str version = json_get_str(entry, "Version"), release = json_get_str(entry, "Release");
    struct str epoch = json_get_str(entry, "Epoch"), tail = arena_printf(a, "-%.*s", STR_ARG(release));
    uint64_t number;
    if (release.n && !str_ends(version, tail))
        version = arena_printf(a, "%.*s%.*s", STR_ARG(version), STR_ARG(tail));
    if (str_u64(epoch, &number) && number && str_find(version, ':') < 0)
        version = arena_printf(a, "%llu:%.*s", (unsigned long long)number, STR_ARG(version));
    return version;
}

static void add_debian(struct ssm_application *s, json_val *entry, struct str id)
{
    struct inventory *inv = s->inventory;
    struct package p = {.type = STR("deb"),
                        .name = json_get_str(entry, "Name"),
                        .arch = debian_arch(json_get_str(entry, "Architecture")),
                        .path = STR("AWS:Application"),
                        .layer = NO_LAYER,
                        .manager = PM_OS};
    p.version = debian_version(id, p.name);
    if (!p.version.n)
        p.version = whole_version(inv->arena, entry);
    inventory_add(inv, &p);
}

static void add_rpm(struct ssm_application *s, json_val *entry, struct str id)
{
    struct inventory *inv = s->inventory;
    struct str source, version, epoch;
    struct package p = {.type = STR("rpm"),
                        .name = json_get_str(entry, "Name"),
                        .version = whole_version(inv->arena, entry),
                        .arch = json_get_str(entry, "Architecture"),
                        .vendor = json_get_str(entry, "Publisher"),
                        .path = STR("AWS:Application"),
                        .layer = NO_LAYER,
                        .manager = PM_OS};
    if (rpm_split_source(id, &source, &version)) {
        struct str rest = p.version;
        if (str_cut(p.version, ':', &epoch, &rest))
            version = arena_printf(inv->arena, "%.*s:%.*s", STR_ARG(epoch), STR_ARG(version));
        /* An older agent tells no release: that of the source is the package's. */
        if (str_find(rest, '-') < 0)
            p.version = version;
        if (!str_eq(version, p.version))
            p.source_version = version;
        if (!str_eq(source, p.name) || p.source_version.n)
            p.source = source;
    }
    s->modular |= str_find_str(p.version, STR(".module")) >= 0;
    inventory_add(inv, &p);
}

int ssm_application_page(void *ctx, json_val *document)
{
    struct ssm_application *s = ctx;
    for (json_each(entry, json_get(document, "Entries"))) {
        struct str id = json_get_str(entry, "PackageId");
        if (++s->n > ENTRIES_MAX)
            return err_set(ERR_LIMIT, "an inventory of more than %d packages", ENTRIES_MAX);
        if (str_ends(id, STR(".deb")))
            add_debian(s, entry, id);
        else if (str_ends(id, STR(".src.rpm")) || str_is(id, "(none)")) /* keys of rpm have no source */
            add_rpm(s, entry, id);
    }
    return 0;
}

/* ---- the instance ---- */

struct reading {
    struct ssm_application application;
    int64_t captured;
};

static int on_page(void *ctx, json_val *document)
{
    struct reading *r = ctx;
    if (r->captured == TIME_NONE)
        r->captured = time_parse_or_none(json_get_str(document, "CaptureTime"));
    return ssm_application_page(&r->application, document);
}

static int ended(struct instance_scan *s, struct instance_result *to, enum scan_reason reason,
                 const char *text)
{
    to->reason = reason;
    to->text = arena_str(s->arena, str_from(text));
    return 0;
}

static void say_what_is_not_told(const struct ssm_application *r)
{
    if (r->modular)
        inventory_problem(
            r->inventory, STR("AWS:Application"),
            err_set(ERR_UNSUPPORTED, "Systems Manager does not tell the module of an rpm package"));
}

static void find_sources(struct instance_scan *s, struct inventory *inv)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(s->m));
    const struct db *advisories = monitor_db(s->m);
    instance_sources(db, advisories, s->account, inv);
    monitor_db_release(s->m, advisories);
}

static bool is_stale(struct instance_scan *s, int64_t captured)
{
    return captured == TIME_NONE || time_now() - captured > (int64_t)monitor_options(s->m)->days.silent * DAY;
}

static int read_inventory(struct instance_scan *s, const struct os *os, struct instance_result *to)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct reading r = {{.inventory = inv}, TIME_NONE};
    int status = ssm_inventory(s->aws, s->id, "AWS:Application", on_page, &r);
    if (status == ERR_MISSING || (status == 0 && !inv->packages.n))
        return ended(s, to, REASON_NO_INVENTORY, "Systems Manager has no inventory of its packages");
    if (status < 0)
        return status;
    if (is_stale(s, r.captured))
        return ended(s, to, REASON_STALE_INVENTORY, "the inventory that Systems Manager has of it is old");
    say_what_is_not_told(&r.application);
    inventory_claim_os(inv, 0, os);
    find_sources(s, inv);
    inv->target_kind = STR("host");
    inventory_finish(inv);
    to->reason = REASON_SUCCESSFUL;
    to->inventory = inv;
    inv = NULL;
    return 0;
}

static int look(struct instance_scan *s, struct instance_result *to)
{
    json_val *information;
    int status = ssm_instance(s->aws, s->arena, s->id, &information);
    if (status == ERR_MISSING)
        return ended(s, to, REASON_UNMANAGED_EC2_INSTANCE, err_text());
    if (status < 0)
        return status;
    struct str name = json_get_str(information, "PlatformName");
    const struct os os = ssm_platform(s->arena, name, json_get_str(information, "PlatformVersion"));
    if (!str_is(json_get_str(information, "PlatformType"), "Linux") || !os.family.n)
        return ended(s, to, REASON_UNSUPPORTED_OS, arena_printf(s->arena, "%.*s", STR_ARG(os.name)).p);
    return read_inventory(s, &os, to);
}

int instance_ssm(struct instance_scan *s, struct instance_result *ret_result)
{
    struct instance_result result = {0};
    int status = look(s, &result);
    if (status == ERR_DENIED)
        status = ended(s, &result, REASON_ACCESS_DENIED, err_text());
    if (status == 0)
        *ret_result = result;
    return status;
}
