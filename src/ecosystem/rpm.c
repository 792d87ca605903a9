/* rpm packages: from rpm's databases, wherever distributions keep them, and from the manifest that Azure
 * Linux leaves in images without one.
 */
#include <inttypes.h>

#include "base/err.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/rpm_header.h"
#include "ecosystem/rpmdb.h"

enum { MANIFEST_MAX = 64 << 20, PATH_BYTES = 4096, WAL_HEAD = 32 };

struct reading {
    struct inventory *inv;
    const struct view_file *file;
    size_t packages, faults;
    int code; /* of the first fault */
    struct str text;
};

static void note_fault(void *ctx, int code)
{
    struct reading *r = ctx;
    if (!r->faults++) {
        r->code = code;
        r->text = arena_str(r->inv->arena, str_from(err_text()));
    }
}

/* The paths of the package's files: folders and names apart since rpm 4, whole before. */
static int own_files(struct inventory *inv, const struct rpm_header *h, struct str owner)
{
    struct rpm_strings names, folders, whole;
    struct rpm_numbers indexes;
    struct str name, path;
    int status;
    if ((status = rpm_header_strings(h, RPM_OLD_FILE_NAMES, &whole)) < 0 ||
        (status = rpm_header_strings(h, RPM_BASE_NAMES, &names)) < 0 ||
        (status = rpm_header_strings(h, RPM_DIR_NAMES, &folders)) < 0 ||
        (status = rpm_header_numbers(h, RPM_DIR_INDEXES, &indexes)) < 0)
        return status;
    while (rpm_strings_next(&whole, &path))
        if (path.n > 1 && path.p[0] == '/')
            inventory_own(inv, str_slice(path, 1, path.n), owner);
    VEC(struct str) dirs = {0};
    while (rpm_strings_next(&folders, &path))
        vec_add(&dirs, path);
    char joined[PATH_BYTES];
    for (uint32_t i = 0; rpm_strings_next(&names, &name); i++) {
        uint32_t dir = i < indexes.n ? rpm_number(&indexes, i) : UINT32_MAX;
        if (dir >= dirs.n || dirs.at[dir].n < 1 || dirs.at[dir].n + name.n > sizeof joined)
            continue;
        struct str folder = str_slice(dirs.at[dir], 1, dirs.at[dir].n);
        memcpy(joined, folder.p, folder.n);
        memcpy(joined + folder.n, name.p, name.n);
        inventory_own(inv, (struct str){joined, folder.n + name.n}, owner);
    }
    vec_free(&dirs);
    return 0;
}

/* "epoch:version-release"; no epoch is epoch 0. */
static struct str full_version(struct arena *a, uint32_t epoch, struct str version)
{
    return epoch ? arena_printf(a, "%" PRIu32 ":%.*s", epoch, STR_ARG(version)) : version;
}

/* The source package. Its file name lacks the epoch, which nearly always is that of the packages built from
 * it. */
static void set_source(struct arena *a, struct package *p, struct str source_rpm, uint32_t epoch)
{
    struct str name, version;
    if (!rpm_split_source(source_rpm, &name, &version))
        return;
    version = full_version(a, epoch, version);
    if (!str_eq(version, p->version))
        p->source_version = version;
    if (!str_eq(name, p->name) || p->source_version.n)
        p->source = name;
}

static int read_header(struct reading *r, struct str blob)
{
    struct rpm_header h;
    struct rpm_numbers epochs;
    struct str version, release, source;
    struct package p = {.type = STR("rpm"), .path = r->file->path, .layer = r->file->layer, .manager = PM_OS};
    int status = rpm_header_parse(blob, &h);
    if (status < 0 || (status = rpm_header_str(&h, RPM_NAME, &p.name)) < 0 ||
        (status = rpm_header_str(&h, RPM_VERSION, &version)) < 0 ||
        (status = rpm_header_str(&h, RPM_RELEASE, &release)) < 0 ||
        (status = rpm_header_str(&h, RPM_ARCH, &p.arch)) < 0 ||
        (status = rpm_header_str(&h, RPM_VENDOR, &p.vendor)) < 0 ||
        (status = rpm_header_str(&h, RPM_LICENSE, &p.license)) < 0 ||
        (status = rpm_header_str(&h, RPM_SOURCE_RPM, &source)) < 0 ||
        (status = rpm_header_str(&h, RPM_MODULARITY_LABEL, &p.modularity)) < 0 ||
        (status = rpm_header_numbers(&h, RPM_EPOCH, &epochs)) < 0)
        return status;
    if (!p.name.n || !version.n)
        return err_set(ERR_INVALID, "rpm header without a name and a version");
    if (str_is(p.name, "gpg-pubkey"))
        return 0; /* rpm keeps the keys it trusts as if they were packages */
    struct arena *a = r->inv->arena;
    uint32_t epoch = epochs.n ? rpm_number(&epochs, 0) : 0;
    p.version = full_version(a, epoch, arena_printf(a, "%.*s-%.*s", STR_ARG(version), STR_ARG(release)));
    set_source(a, &p, source, epoch);
    inventory_add(r->inv, &p);
    return own_files(r->inv, &h, p.name);
}

static void visit_header(void *ctx, struct str blob)
{
    struct reading *r = ctx;
    r->packages++;
    int status = read_header(r, blob);
    if (status < 0)
        note_fault(r, status);
}

static int read_database(struct inventory *inv, struct view_file *file)
{
    struct reading r = {.inv = inv, .file = file};
    const struct rpmdb_visitor visitor = {visit_header, note_fault, &r};
    int status = rpmdb_read(file, &visitor);
    if (status < 0)
        return r.packages ? err_context(status, "after %zu packages", r.packages) : status;
    if (r.faults)
        return err_set(r.code, "%zu packages are unreadable, the first: %.*s", r.faults, STR_ARG(r.text));
    return 0;
}

/* Tab-separated, as `rpm -qa` was asked for it: name, version-release, time of installation and of build,
 * vendor, epoch or "(none)", size, architecture, epoch as a number, source package. */
static int read_manifest(struct inventory *inv, struct view_file *file)
{
    struct str content, line;
    int status = view_file_content(file, MANIFEST_MAX, &content);
    if (status < 0)
        return status;
    for (size_t number = 1; str_next(&content, '\n', &line); number++) {
        struct str cells[10] = {0};
        size_t n = 0;
        uint64_t epoch = 0;
        while (n < 10 && str_next(&line, '\t', &cells[n]))
            n++;
        if (n == 0)
            continue;
        if (n < 9 || !str_u64(cells[8], &epoch) || epoch > UINT32_MAX)
            return err_set(ERR_INVALID, "line %zu does not list a package", number);
        struct package p = {.type = STR("rpm"),
                            .name = cells[0],
                            .arch = cells[7],
                            .vendor = cells[4],
                            .path = file->path,
                            .layer = file->layer,
                            .manager = PM_OS};
        p.version = full_version(inv->arena, (uint32_t)epoch, cells[1]);
        set_source(inv->arena, &p, cells[9], (uint32_t)epoch);
        inventory_add(inv, &p);
    }
    return 0;
}

/* What SQLite has written but not merged into the database. rpm merges and empties the log after each change,
 * so one with content means that rpm is at work, or was killed: what it changed last is not in the inventory.
 */
static int check_log(const struct view_file *file)
{
    if (file->size <= WAL_HEAD)
        return 0;
    return err_set(ERR_UNSUPPORTED,
                   "%" PRIu64
                   " bytes that rpm has not merged into its database: packages changed last may be missing "
                   "or listed with their old version (`rpm --rebuilddb` merges them)",
                   file->size);
}

static int rpm_read(struct inventory *inv, struct view_file *file)
{
    struct str name = str_basename(file->path);
    if (str_ends(name, STR("-wal")) || str_ends(name, STR("-journal")))
        return check_log(file);
    if (str_starts(name, STR("container-manifest")))
        return read_manifest(inv, file);
    return read_database(inv, file);
}

#define IN_FOLDER(folder)                                                                                    \
    folder "/Packages", folder "/Packages.db", folder "/rpmdb.sqlite", folder "/rpmdb.sqlite-wal",           \
        folder "/rpmdb.sqlite-journal"

const struct ecosystem ecosystem_rpm = {
    .name = "rpm",
    .help = "rpm packages: rpm's database as sqlite, ndb or Berkeley DB",
    .patterns =
        (const char *const[]){IN_FOLDER("var/lib/rpm"), IN_FOLDER("usr/lib/sysimage/rpm"),
                              IN_FOLDER("usr/share/rpm"), "var/lib/rpmmanifest/container-manifest-2", NULL},
    .read = rpm_read,
};
