/* Read-only file trees with one interface: a directory, a stack of image layers, a zip archive.
 *
 * A view is walked once. For each regular file the visitor is first asked by name whether it wants the
 * content; only then is the file opened, and its content is there for the length of the call. Nothing outside
 * the tree is ever opened: links are not followed, except that a symbolic link to a wanted name is resolved
 * inside the root (openat2 with RESOLVE_IN_ROOT, or its equivalent in layers).
 */
#ifndef ASSAY_VIEW_VIEW_H
#define ASSAY_VIEW_VIEW_H

#include "base/arena.h"

/* What the archives around a file have given so far: a nested archive spends from the same budget. Of the
 * outermost archive's entries each is also counted by itself, so that one bomb among them takes nothing from
 * the others. */
struct view_budget {
    uint64_t packed;                       /* size of the outermost archive */
    uint64_t unpacked;                     /* bytes decompressed */
    uint64_t files;                        /* entries seen */
    uint64_t entry_packed, entry_unpacked; /* of the outermost archive's entry at hand */
};

struct view_file {
    struct str path; /* relative to the root, no leading '/', "a/b"; inside archives "app.war!/WEB-INF/x" */
    uint64_t size;   /* bytes, as the tree states it */
    unsigned mode;   /* permission bits as st_mode has them */
    uint32_t layer;  /* index of the layer it came from, lowest is 0; UINT32_MAX when the view has none */
    unsigned depth;  /* how many archives it is inside of */
    struct view_budget *budget; /* of the outermost archive around it, or NULL */
    const struct view_file_ops *ops;
    void *state;
};

struct view_file_ops {
    int (*content)(struct view_file *f, size_t cap, struct str *ret_content);
    int (*read_at)(struct view_file *f, uint64_t offset, void *to, size_t n, size_t *ret_read);
};

/* The whole content, valid until the visit returns. ERR_LIMIT when larger than `cap`. Calling it again is
 * free. */
int view_file_content(struct view_file *f, size_t cap, struct str *ret_content);
/* Up to `n` bytes at `offset`; fewer only at the end of the file. Random access for databases and archives.
 */
int view_file_read_at(struct view_file *f, uint64_t offset, void *to, size_t n, size_t *ret_read);

/* A file over bytes in memory: for tests, fuzzing and archives inside archives. */
struct view_file view_file_memory(struct str path, struct str content);

struct view_visitor {
    /* Whether the content of a regular file is wanted; called for every one, so it must be fast. `size` is 0
     * where it is not known without opening the file. It may be asked more than once about a path. */
    bool (*wants)(void *ctx, struct str path, uint64_t size);
    void (*visit)(void *ctx, struct view_file *file);
    /* Something could not be read (err_text() says why); the walk goes on. */
    void (*problem)(void *ctx, struct str path, int code);
    void *ctx;
};

struct view;
struct view_ops {
    int (*walk)(struct view *v, const struct view_visitor *visitor);
    void (*close)(struct view *v);
};
/* The first member of every kind of view. */
struct view {
    const struct view_ops *ops;
    uint64_t files; /* regular files seen by the last walk */
    struct arena *arena;
    const struct str *layers; /* digests "sha256:...", lowest first; or none */
    size_t n_layers;
};

/* Visits each file once, in no promised order. Fails only when the tree as a whole cannot be read. */
int view_walk(struct view *v, const struct view_visitor *visitor);
void view_close(struct view *v);
static inline void view_cleanup(struct view **v)
{
    if (*v)
        view_close(*v);
}

/* Caps of all views; over them a named ERR_LIMIT goes to the visitor's problem(), and the rest is still read
 * where that is possible. */
struct view_limits {
    uint64_t files; /* entries in one view */
    uint64_t bytes; /* decompressed, in one view */
    unsigned ratio; /* decompressed : compressed of one archive, above the first 16 MiB */
    unsigned depth; /* archives in archives, and directories in directories are capped at 16 times that */
    size_t path;    /* bytes of one path */
    uint64_t file_bytes; /* of one file that is read into memory */
    size_t log_bytes;    /* that the log of a file system changes, and that are kept in memory */
};
extern struct view_limits view_limits;

/* The kinds of view. All return 0 or a negative error, and *ret_view is then to be closed. */
int view_open_dir(const char *path, struct view **ret_view);
/* One regular file, offered as `name`. */
int view_open_file(const char *path, struct str name, struct view **ret_view);
/* A zip, jar, wheel, ... by its path or as a file of another view (which must outlive it). */
int view_open_zip(const char *path, struct view **ret_view);
int view_open_zip_file(struct view_file *file, struct view **ret_view);
/* An image: OCI layout folder, OCI layout tar, or `docker save` tar. `platform` like "linux/arm64/v8" or NULL
 * for this machine's (with a single-platform image taken as it is). ERR_MISSING lists the platforms there
 * are. */
int view_open_image(const char *path, const char *platform, struct view **ret_view);
/* The file systems (ext2 to ext4, XFS) of a machine's disks, put together as its /etc/fstab says: a raw disk
 * image by its path, or any disks, which are closed with the view, also when this fails. ERR_MISSING when
 * there is no file system, or none with an operating system among several. */
int view_open_disk(const char *path, struct view **ret_view);
struct disk;
int view_open_disks(struct disk *const *disks, size_t n, struct view **ret_view);

#endif
