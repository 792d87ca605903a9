/* Walks a disk as a scan does, and holds what a walk promises. */
#ifndef ASSAY_FUZZ_DISK_WALK_H
#define ASSAY_FUZZ_DISK_WALK_H

#include <stdint.h>
#include <stdlib.h>

#include "../unit/sparse_disk.h"
#include "view/view.h"

static inline bool walk_wants(void *ctx, struct str path, uint64_t size)
{
    (void)ctx, (void)size;
    if (!path.n || path.n > view_limits.path || path.p[0] == '/' || str_find(path, 0) >= 0)
        abort();
    return true;
}

static inline void walk_visit(void *ctx, struct view_file *file)
{
    struct str content;
    char piece[100];
    size_t got;
    (void)ctx;
    if (view_file_read_at(file, file->size / 2, piece, sizeof piece, &got) == 0 && got > sizeof piece)
        abort();
    (void)view_file_content(file, 1 << 18, &content);
}

static inline void walk_problem(void *ctx, struct str path, int code)
{
    (void)ctx, (void)path;
    if (code >= 0)
        abort();
}

static inline void walk_disk(struct disk *disk)
{
    static const struct view_visitor visitor = {walk_wants, walk_visit, walk_problem, NULL};
    struct view *v;
    view_limits.files = 5000;
    if (view_open_disks(&disk, 1, &v) < 0)
        return;
    (void)view_walk(v, &visitor);
    view_close(v);
}

#endif
