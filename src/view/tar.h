/* Tar archives, read front to back: POSIX ustar and pax (IEEE 1003.1-2017, pax, "ustar Interchange Format"),
 * and GNU's long names, large numbers and sparse files (tar manual, "Basic Tar Format").
 *
 * Own code, because layers need three things at once: names as the bytes they are whatever the locale, the
 * place of each file in the archive (image archives are read at random), and data handed on where it lies.
 */
#ifndef ASSAY_VIEW_TAR_H
#define ASSAY_VIEW_TAR_H

#include "base/buf.h"

struct tar_source {
    /* The next piece, valid until the next call; 0 bytes at the end. */
    int (*next)(void *ctx, const unsigned char **ret_p, size_t *ret_n);
    /* Skips `n` bytes that follow the last piece; NULL: they are read. */
    int (*skip)(void *ctx, uint64_t n);
    void *ctx;
};

enum tar_type {
    TAR_FILE,
    TAR_SPARSE, /* a file whose data is not as it stands there */
    TAR_DIRECTORY,
    TAR_HARD_LINK,
    TAR_SYMLINK,
    TAR_OTHER, /* devices, pipes */
};

struct tar_entry {
    struct str path, link; /* raw; valid until the next entry */
    enum tar_type type;
    unsigned mode;
    uint64_t size;
    uint64_t offset; /* of the data in the archive */
};

struct tar;
struct tar *tar_open(const struct tar_source *source);
void tar_free(struct tar *t);
static inline void tar_cleanup(struct tar **t)
{
    tar_free(*t);
}

/* 1 and the next entry (what is left of the last one is skipped), or 0 at the end. ERR_INVALID for damage,
 * ERR_LIMIT for extended headers over 1 MiB, and what the source says. */
int tar_next(struct tar *t, struct tar_entry *ret_entry);
/* The next piece of the entry's data, valid until the next call; 0 bytes at its end. */
int tar_data(struct tar *t, const unsigned char **ret_p, size_t *ret_n);

#endif
