/* The bytes of feed files: plain, gzip, zstd, xz, or archives of many small files. Everything is capped. */
#ifndef ASSAY_FEED_INPUT_H
#define ASSAY_FEED_INPUT_H

#include "base/arena.h"

enum { INPUT_ENTRY_MAX = 64 << 20 };           /* one file in an archive */
#define INPUT_FILE_MAX    ((size_t)2 << 30)    /* one file, unpacked */
#define INPUT_ARCHIVE_MAX ((uint64_t)32 << 30) /* all files of an archive together */

/* The whole file, unpacked when it begins as gzip (RFC 1952; several members are joined), zstd or xz does;
 * lengths and checksums are verified. ERR_INVALID for a damaged or truncated one. */
int input_read(struct arena *a, const char *path, struct str *ret_content);

/* Calls `each` for every regular file of a zip or tar archive (plain, gzip, zstd, xz) whose path ends so,
 * with path and content, which are there for the length of the call. Non-zero from `each` ends it with that
 * value; so does damage anywhere in the archive: it counts as a whole. */
int input_archive(const char *path, struct str suffix,
                  int (*each)(void *ctx, struct str name, struct str content), void *ctx);

/* Calls `each` with the text of every element of the array that is the member `name` of the object `text` (or
 * of the array `text` itself when `name` is NULL), without parsing all of it at once: each element is to be
 * parsed by the callback. ERR_INVALID when brackets do not match or the array is not there. */
int input_elements(struct str text, const char *name, int (*each)(void *ctx, struct str element), void *ctx);

#endif
