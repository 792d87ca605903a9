/* The central directory of a zip archive (APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16), read record by
 * record through a window, so that its memory does not depend on the number of entries. */
#ifndef ASSAY_VIEW_ZIP_DIRECTORY_H
#define ASSAY_VIEW_ZIP_DIRECTORY_H

#include "view/view.h"

enum zip_method { ZIP_STORED = 0, ZIP_DEFLATED = 8, ZIP_ZSTD = 93 };

struct zip_entry {
    struct str name; /* raw; valid until the next record is read */
    uint64_t size, packed;
    uint64_t offset; /* of the local header, in the file */
    uint64_t record; /* of the central record, in the file */
    uint32_t crc;
    unsigned method, flags, mode; /* mode: as st_mode has it, or 0 */
};
static inline bool zip_encrypted(const struct zip_entry *e)
{
    return e->flags & 1;
}

struct zip_directory {
    struct view_file *file; /* borrowed */
    uint64_t start, end;    /* of the directory in the file */
    uint64_t shift;         /* bytes before the archive, which its offsets do not count */
    uint64_t at;            /* of the next record */
    char *window;           /* owned */
    uint64_t window_at;
    size_t window_n;
};

/* Finds the directory of the archive in `file`. ERR_INVALID when there is none, ERR_UNSUPPORTED for one of
 * many volumes. The caller frees with zip_directory_free(). */
int zip_directory_open(struct view_file *file, struct zip_directory *ret_directory);
void zip_directory_free(struct zip_directory *d);
/* 1 and the next entry, or 0 at the end; ERR_INVALID where the directory is damaged. */
int zip_directory_next(struct zip_directory *d, struct zip_entry *ret_entry);
/* The entry whose record is at `record`, as an earlier zip_directory_next() said. */
int zip_directory_at(struct zip_directory *d, uint64_t record, struct zip_entry *ret_entry);

#endif
