#include "view/mount_unit.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "view/fstab.h"

enum { UNIT_MAX = 64 << 10, UNITS_MAX = 4096 };

struct units {
    struct arena *arena;
    VEC(struct str) names;
};

static void units_free(struct units *u)
{
    vec_free(&u->names);
    arena_free(u->arena);
}

static int keep_unit(void *ctx, struct str name, uint64_t number, unsigned kind)
{
    struct units *u = ctx;
    (void)number, (void)kind;
    if (!str_ends(name, STR(".mount")))
        return 0;
    if (u->names.n == UNITS_MAX)
        return err_set(ERR_LIMIT, "more than %d units", UNITS_MAX);
    vec_add(&u->names, arena_str(u->arena, name));
    return 0;
}

static void mount_unit(struct disk_tree *t, struct str text)
{
    struct {
        struct str key, value;
    } settings[] = {
        {.key = STR("What")}, {.key = STR("Where")}, {.key = STR("Type")}, {.key = STR("Options")}};
    struct str line, key, value;
    bool ours = false;
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, STR("[")))
            ours = str_is(line, "[Mount]");
        if (!ours || !str_cut(line, '=', &key, &value))
            continue;
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
            if (str_eq(str_trim(key), settings[i].key))
                settings[i].value = str_trim(value);
    }
    struct str kind = settings[2].value.n ? settings[2].value : STR("auto");
    fstab_entry(t, settings[0].value, settings[1].value, kind, settings[3].value);
}

static int read_folder(struct disk_tree *t, struct units *u, struct str folder)
{
    _cleanup_free_ struct fs_inode *i = mem_alloc(sizeof *i);
    struct disk_volume *v;
    struct str real, text;
    int status = disk_tree_find(t, u->arena, folder, &v, i, &real);
    if (status == 0 && S_ISDIR(i->mode))
        status = fs_list(v->fs, i, keep_unit, u);
    if (status < 0)
        return status;
    vec_each(name, &u->names)
    {
        struct str path = arena_printf(u->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(*name));
        status = disk_tree_read(t, u->arena, path, UNIT_MAX, &text);
        if (status == 0)
            mount_unit(t, text);
        else if (status != ERR_MISSING && status != ERR_LIMIT) /* a link to /dev/null masks it */
            vec_add(&t->problems, arena_printf(t->arena, "/%.*s: %s", STR_ARG(path), err_text()));
    }
    return 0;
}

void mount_units(struct disk_tree *t)
{
    static const struct str folders[] = {STR("etc/systemd/system"), STR("usr/lib/systemd/system")};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        _cleanup_(units_free) struct units u = {.arena = arena_new(0)};
        int status = read_folder(t, &u, folders[i]);
        if (status < 0 && status != ERR_MISSING)
            vec_add(&t->problems, arena_printf(t->arena, "/%.*s: %s", STR_ARG(folders[i]), err_text()));
    }
}
