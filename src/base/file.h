/* Whole files: read with a cap, mapped, replaced atomically. */
#ifndef ASSAY_BASE_FILE_H
#define ASSAY_BASE_FILE_H

#include <stdio.h>

#include "base/arena.h"

/* Reads a whole regular file or stream into the arena (followed by a NUL byte). ERR_IO, ERR_MISSING,
 * ERR_LIMIT when larger than `cap` bytes. */
int file_read(struct arena *a, const char *path, size_t cap, struct str *ret_content);
/* As file_read() from an open descriptor, from its present offset; `name` is for messages. */
int file_read_fd(struct arena *a, int fd, const char *name, size_t cap, struct str *ret_content);

/* Maps a file read-only. The empty file gives the empty slice. Undo with file_unmap(). */
int file_map(const char *path, struct str *ret_content);
void file_unmap(struct str content);

/* Writes `content` beside `path`, syncs it, and renames it over `path`: readers see the old or the new,
 * whole. */
int file_replace(const char *path, struct str content, unsigned mode);

/* The same for content that is written as a stream: `file` is a new file beside `path` until draft_finish()
 * renames it. draft_cleanup() removes what was not finished. A `path` that is there and is no regular file (a
 * pipe, /dev/stdout) is written to directly. */
struct draft {
    FILE *file;
    char temp[4096]; /* empty when written directly */
};
int draft_begin(const char *path, unsigned mode, struct draft *ret_draft);
int draft_finish(struct draft *d, const char *path);
void draft_cleanup(struct draft *d);

/* Makes the directory and its missing parents (mode 0755). */
int dir_make(const char *path);

#endif
