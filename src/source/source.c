#include "source/source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "ecosystem/ecosystem.h"

static int read_dir(const char *target, struct inventory *inv)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    int status = view_open_dir(target, &v);
    return status < 0 ? status : ecosystem_walk(inv, v);
}

/* What the target is, by looking. */
static int read_target(const char *target, struct inventory *inv)
{
    struct stat st;
    if (!strcmp(target, "host") || !strcmp(target, "/")) {
        inv->target_kind = STR("host");
        return read_dir("/", inv);
    }
    if (stat(target, &st) < 0) {
        int status = err_errno("%s", target);
        return errno == ENOENT ? err_set(ERR_MISSING, "%s: no such file or directory", target) : status;
    }
    if (S_ISDIR(st.st_mode)) {
        inv->target_kind = STR("directory");
        return read_dir(target, inv);
    }
    return err_set(ERR_UNSUPPORTED, "%s: not a directory", target);
}

int source_inventory(const char *target, const struct source_options *options,
                     struct inventory **ret_inventory)
{
    (void)options;
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    inv->target = arena_str(inv->arena, str_from(target));
    int status = read_target(target, inv);
    if (status < 0)
        return status;
    inventory_finish(inv);
    *ret_inventory = inv;
    inv = NULL;
    return 0;
}
