/* Debian packages: dpkg's status file, the one-file-a-package form of distroless images (status.d), and
 * OpenWrt's opkg, which has the same format; the lists of files for ownership.
 *
 * The format is deb822(5); the states are those of dpkg(1), "Package states".
 */
#include "base/err.h"
#include "ecosystem/deb822.h"
#include "ecosystem/ecosystem.h"

enum { DPKG_FILE_MAX = 256 << 20 };

/* Whether files of the package lie on disk: every state but not-installed and config-files. A package that is
 * unpacked but not configured can be attacked as well as any. Without a state a status file means "not
 * installed"; distroless writes no state. */
static bool is_installed(struct str status, bool need_status)
{
    if (!status.n)
        return !need_status;
    ptrdiff_t blank = str_rfind(status, ' ');
    struct str state = blank < 0 ? status : str_slice(status, (size_t)blank + 1, status.n);
    return !str_is(state, "not-installed") && !str_is(state, "config-files");
}

static void add_stanza(struct inventory *inv, const struct view_file *file, const struct deb_stanza *s,
                       bool need_status)
{
    if (!s->package.n || !is_installed(s->status, need_status))
        return;
    struct package p = {
        .type = str_starts(file->path, STR("usr/lib/opkg/")) ? STR("opkg") : STR("deb"),
        .name = s->package,
        .version = s->version,
        .arch = s->arch,
        .path = file->path,
        .layer = file->layer,
        .manager = PM_OS,
    };
    deb_source(s, &p.source, &p.source_version);
    if (str_eq(p.source_version, p.version))
        p.source_version = (struct str){NULL, 0};
    if (str_eq(p.source, p.name) && !p.source_version.n)
        p.source = (struct str){NULL, 0};
    inventory_add(inv, &p);
}

/* A line that is no field spoils itself only: what can be read is taken, and the file is reported. */
static int read_status(struct inventory *inv, struct view_file *file, struct str content, bool need_status)
{
    struct deb_file f = {.rest = content};
    struct deb_stanza s;
    while (deb_next(&f, &s))
        add_stanza(inv, file, &s, need_status);
    return f.bad ? err_set(ERR_INVALID, "line %zu is neither a field nor a continuation", f.bad) : 0;
}

/* "libc6:amd64.list" -> "libc6" */
static struct str package_of(struct str path, size_t suffix)
{
    struct str name = str_basename(path), arch;
    name = str_slice(name, 0, name.n - suffix);
    str_cut(name, ':', &name, &arch);
    return name;
}

/* One path a line, with its '/' in front. */
static int read_list(struct inventory *inv, const struct view_file *file, struct str content)
{
    struct str owner = package_of(file->path, strlen(".list")), line;
    while (str_next(&content, '\n', &line))
        if (line.n > 1 && line.p[0] == '/')
            inventory_own(inv, str_slice(line, 1, line.n), owner);
    return 0;
}

/* md5sum(1)'s form: digest, two blanks, path without a '/' in front. Distroless images have these and no
 * lists. */
static int read_md5sums(struct inventory *inv, const struct view_file *file, struct str content)
{
    struct str owner = package_of(file->path, strlen(".md5sums")), line, digest, path;
    while (str_next(&content, '\n', &line))
        if (str_cut(line, ' ', &digest, &path)) {
            path = str_trim(path);
            if (str_starts(path, STR("./")))
                path = str_slice(path, 2, path.n);
            inventory_own(inv, path, owner);
        }
    return 0;
}

static int dpkg_read(struct inventory *inv, struct view_file *file)
{
    struct str content;
    int status = view_file_content(file, DPKG_FILE_MAX, &content);
    if (status < 0)
        return status;
    if (str_ends(file->path, STR(".list")))
        return read_list(inv, file, content);
    if (str_ends(file->path, STR(".md5sums")))
        return read_md5sums(inv, file, content);
    return read_status(inv, file, content, str_ends(file->path, STR("/status")));
}

const struct ecosystem ecosystem_dpkg = {
    .name = "dpkg",
    .help = "Debian packages: dpkg's status and status.d, opkg's status",
    .patterns = (const char *const[]){"var/lib/dpkg/status", "var/lib/dpkg/status.d/*",
                                      "var/lib/dpkg/info/*.list", "usr/lib/opkg/status", NULL},
    .read = dpkg_read,
};
