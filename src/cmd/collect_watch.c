/* Package databases, watched by their folders: package managers write a new file and rename it over the old
 * one. A folder that is not there is waited for in the nearest one above it that is. */
#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "cmd/collect.h"

/* `name` NULL: any file of the folder. */
static const struct place {
    const char *folder, *name;
} places[] = {
    {"var/lib/dpkg", "status"},     {"var/lib/dpkg/status.d", NULL}, {"usr/lib/opkg", "status"},
    {"lib/apk/db", "installed"},    {"usr/lib/apk/db", "installed"}, {"var/lib/rpm", NULL},
    {"usr/lib/sysimage/rpm", NULL}, {"usr/share/rpm", NULL},
};
enum { PLACES = sizeof places / sizeof *places, EVENTS = 64 * 1024 };

enum {
    FILES = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF |
            IN_MOVE_SELF | IN_ONLYDIR,
    ABOVE = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
};

struct watch {
    int fd;
    char root[4096];
    int at[PLACES]; /* watch descriptor of the folder, or of what is above it; -1: none */
    bool there[PLACES];
};

/* Watches the folder or the nearest above it, up to the root. IN_MASK_ADD: one folder may wait for several.
 */
static void watch_place(struct watch *w, size_t i)
{
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", w->root, places[i].folder);
    w->there[i] = true;
    size_t root = strlen(w->root);
    for (;;) {
        w->at[i] = inotify_add_watch(w->fd, path, (w->there[i] ? FILES : ABOVE) | IN_MASK_ADD);
        char *slash = strrchr(path, '/');
        if (w->at[i] >= 0 || (errno != ENOENT && errno != ENOTDIR) || !slash || (size_t)(slash - path) < root)
            return;
        *slash = 0;
        w->there[i] = false;
        if (!path[0])
            strcpy(path, "/");
    }
}

/* Whether a folder is there now that was not. */
static bool watch_all(struct watch *w)
{
    bool appeared = false;
    for (size_t i = 0; i < PLACES; i++) {
        bool was = w->there[i] && w->at[i] >= 0;
        watch_place(w, i);
        appeared |= !was && w->there[i] && w->at[i] >= 0;
    }
    return appeared;
}

int watch_new(const char *root, struct watch **ret_watch)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0)
        return err_errno("inotify");
    struct watch *w = mem_alloc(sizeof *w);
    w->fd = fd;
    snprintf(w->root, sizeof w->root, "%s", strcmp(root, "/") ? root : "");
    watch_all(w);
    *ret_watch = w;
    return 0;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    close(w->fd);
    free(w);
}

int watch_fd(const struct watch *w)
{
    return w->fd;
}

/* Sets *moved when a folder came or went, so that the watches are to be set anew. */
static bool concerns(const struct watch *w, const struct inotify_event *e, bool *moved)
{
    bool changed = (e->mask & IN_Q_OVERFLOW) != 0;
    for (size_t i = 0; i < PLACES; i++) {
        if (w->at[i] != e->wd)
            continue;
        if (!w->there[i] || (e->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)))
            *moved = true;
        else if (!(e->mask & IN_ISDIR) && e->len && (!places[i].name || !strcmp(e->name, places[i].name)))
            changed = true;
    }
    return changed;
}

bool watch_read(struct watch *w)
{
    static _Alignas(struct inotify_event) char events[EVENTS];
    bool changed = false, moved = false;
    for (ssize_t n; (n = read(w->fd, events, sizeof events)) > 0;)
        for (char *p = events; p < events + n;) {
            const struct inotify_event *e = (const void *)p;
            changed |= concerns(w, e, &moved);
            p += sizeof *e + e->len;
        }
    return (moved && watch_all(w)) || changed;
}
