#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "ecosystem/ecosystem.h"
#include "sbom/sbom.h"
#include "source/inventory_json.h"
#include "source/pull.h"
#include "view/stream.h"

enum { START = 4096, TAR_MAGIC = 257, JSON_MAX = 256 << 20 };

/* What the target shows of itself. */
struct target {
    const char *path;
    const char *platform;
    bool insecure;
    struct str start; /* of a file */
    struct inventory *inv;
};

static int walk(struct target *t, struct view *v, struct str kind)
{
    t->inv->target_kind = kind;
    return ecosystem_walk(t->inv, v);
}

static int read_dir(struct target *t, const char *path, struct str kind)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    int status = view_open_dir(path, &v);
    return status < 0 ? status : walk(t, v, kind);
}

static int read_image(struct target *t)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    int status = view_open_image(t->path, t->platform, &v);
    return status < 0 ? status : walk(t, v, STR("image"));
}

static int read_zip(struct target *t)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    int status = view_open_zip(t->path, &v);
    return status < 0 ? status : walk(t, v, STR("archive"));
}

static int read_disk(struct target *t)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    int status = view_open_disk(t->path, &v);
    return status < 0 ? status : walk(t, v, STR("disk"));
}

static bool has_file(const char *folder, const char *name)
{
    char path[4096];
    struct stat st;
    return (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path && stat(path, &st) == 0 &&
           S_ISREG(st.st_mode);
}

static int read_folder(struct target *t)
{
    if (has_file(t->path, "oci-layout") && has_file(t->path, "index.json"))
        return read_image(t);
    return read_dir(t, t->path, STR("directory"));
}

/* The shortest end of the file's full path that an ecosystem wants: the base name of a lock file, more of it
 * for "var/lib/dpkg/status". Empty when none does. */
static struct str wanted_name(struct target *t)
{
    _cleanup_free_ char *full = realpath(t->path, NULL);
    struct str path = str_from(full ? full : t->path);
    for (size_t at = path.n; at-- > 0;)
        if ((at == 0 || path.p[at - 1] == '/') && path.p[at] != '/' &&
            ecosystem_wants(str_slice(path, at, path.n)))
            return arena_str(t->inv->arena, str_slice(path, at, path.n));
    return (struct str){NULL, 0};
}

static int read_one(struct target *t, struct str name)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    int status = view_open_file(t->path, name, &v);
    return status < 0 ? status : walk(t, v, STR("file"));
}

static int read_json(struct target *t)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str json;
    int status = file_read(a, t->path, JSON_MAX, &json);
    if (status < 0)
        return status;
    t->inv->target_kind = STR("file");
    status = sbom_looks_like(json) ? sbom_read(t->inv, json) : inventory_from_json(t->inv, json);
    return status < 0 ? err_context(status, "%s", t->path) : 0;
}

static bool is_zip(struct str start)
{
    return str_starts(start, STR("PK\3\4")) || str_starts(start, STR("PK\5\6"));
}

static bool is_tar(struct str start)
{
    return stream_packing(start) != PACKING_NONE ||
           (start.n > TAR_MAGIC + 5 && str_starts(str_slice(start, TAR_MAGIC, start.n), STR("ustar")));
}

static const char *looks_like(struct str start)
{
    static const struct {
        struct str magic;
        const char *name;
    } known[] = {
        {{"\x7f"
          "ELF",
          4},
         "a program"},
        {{"MZ", 2}, "a Windows program"},
        {{"%PDF", 4}, "a PDF document"},
        {{"7z\xbc\xaf", 4}, "a 7-Zip archive"},
        {{"Rar!", 4}, "a RAR archive"},
        {{"#!", 2}, "a script"},
        {{"!<arch>", 7}, "an ar archive or Debian package"},
        {{"\xed\xab\xee\xdb", 4}, "an RPM package"},
        {{"QFI\xfb", 4}, "a disk image in the form qcow2; `qemu-img convert -O raw` makes one that is read"},
        {{"KDMV", 4}, "a disk image in the form VMDK; `qemu-img convert -O raw` makes one that is read"},
        {{"vhdxfile", 8}, "a disk image in the form VHDX; `qemu-img convert -O raw` makes one that is read"},
    };
    if (!start.n)
        return "an empty file";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_starts(start, known[i].magic))
            return known[i].name;
    return str_find(start, 0) >= 0 ? "binary data" : "text";
}

static int read_file(struct target *t)
{
    struct str name = wanted_name(t);
    if (name.n)
        return read_one(t, name);
    if (is_zip(t->start))
        return read_zip(t);
    if (is_tar(t->start))
        return read_image(t);
    if (inventory_json_looks_like(t->start))
        return read_json(t);
    int status = t->start.n == START ? read_disk(t) : ERR_MISSING;
    if (status != ERR_MISSING)
        return status;
    if (t->start.n && read_zip(t) == 0) /* with a script in front */
        return 0;
    return err_set(ERR_UNSUPPORTED, "%s: %s, and not by its name a file that lists packages", t->path,
                   looks_like(t->start));
}

static int read_start(struct target *t, char *to)
{
    /* Never waits: a pipe or a device is refused by what it is, before anything is read. */
    _cleanup_fd_ int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd < 0 ? -1 : read(fd, to, START);
    if (n < 0)
        return err_errno("%s", t->path);
    t->start = (struct str){to, (size_t)n};
    return 0;
}

static int read_target(struct target *t)
{
    struct stat st;
    char start[START];
    struct str image;
    if (pull_target(t->path, &image))
        return pull_image(t->inv, image, t->platform, t->insecure);
    if (!strcmp(t->path, "host") || !strcmp(t->path, "/"))
        return read_dir(t, "/", STR("host"));
    if (stat(t->path, &st) < 0) {
        bool absent = errno == ENOENT;
        int status = err_errno("%s", t->path);
        if (!absent)
            return status;
        bool name = t->path[0] != '/' && t->path[0] != '.'; /* as other scanners take those of images */
        return err_set(ERR_MISSING, "%s: no such file or directory%s", t->path,
                       name ? "; registry:HOST/NAME:TAG is an image of a registry" : "");
    }
    if (S_ISDIR(st.st_mode))
        return read_folder(t);
    if (!S_ISREG(st.st_mode))
        return err_set(ERR_UNSUPPORTED, "%s: neither a file nor a directory", t->path);
    int status = read_start(t, start);
    return status < 0 ? status : read_file(t);
}

int source_inventory(const char *target, const struct source_options *options,
                     struct inventory **ret_inventory)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct target t = {.path = target,
                       .platform = options ? options->platform : NULL,
                       .insecure = options && options->insecure,
                       .inv = inv};
    int status = read_target(&t);
    if (status < 0)
        return status;
    if (!inv->target.n)
        inv->target = arena_str(inv->arena, str_from(target));
    inventory_finish(inv);
    *ret_inventory = inv;
    inv = NULL;
    return 0;
}
