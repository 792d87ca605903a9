/* Bytes that arrive in pieces and are read when all are there: a few in memory, many in an unlinked temporary
 * file, so that a large file inside an archive does not cost memory. */
#ifndef ASSAY_VIEW_SPOOL_H
#define ASSAY_VIEW_SPOOL_H

#include "base/str.h"

enum { SPOOL_MEMORY = 4 << 20 };

struct spool {
    char *p;
    size_t size; /* of the memory */
    uint64_t n;  /* bytes held */
    int fd;      /* of the temporary file when it is beyond the memory, else -1 */
    void *map;
};

#define SPOOL_EMPTY ((struct spool){.fd = -1})

void spool_free(struct spool *s);
/* Forgets the bytes; the memory is kept for the next ones. */
void spool_reset(struct spool *s);
/* ERR_IO: the temporary folder is full or missing. */
int spool_add(struct spool *s, const void *data, size_t n);
/* The whole, until the next change; small ones are followed by a NUL byte. */
int spool_content(struct spool *s, struct str *ret_content);
int spool_read_at(const struct spool *s, uint64_t offset, void *to, size_t n, size_t *ret_read);

/* An unlinked file in $TMPDIR or else /var/tmp. ERR_IO. */
int spool_temp_file(int *ret_fd);

#endif
