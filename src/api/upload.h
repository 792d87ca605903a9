/* Reports that come in parts: each is a file in a folder until it is whole, and is forgotten after a day. */
#ifndef ASSAY_API_UPLOAD_H
#define ASSAY_API_UPLOAD_H

#include "base/str.h"

struct uploads;
enum { UPLOADS_OF_HOST = 2, UPLOAD_ID_MAX = 64, UPLOAD_SECONDS = 86400 };

/* Makes `folder` and drops what is too old in it. */
int uploads_new(const char *folder, struct uploads **ret_uploads);
void uploads_free(struct uploads *u);

struct upload_part {
    struct str owner; /* of the upload: letters, digits and '-' */
    struct str id;    /* of its choice, the same; 1 to UPLOAD_ID_MAX */
    uint64_t offset, total;
    struct str bytes;
};
/* Adds a part; one that is there already, or overlaps, counts from where it goes on. `have` is how much there
 * is then, whatever is returned. *ret_fd is the whole when that is all, and removed from the folder; else -1.
 * ERR_MISSING when the part begins after what there is; ERR_INVALID, ERR_LIMIT, ERR_IO. */
int upload_add(struct uploads *u, const struct upload_part *part, uint64_t cap, int64_t now, uint64_t *have,
               int *ret_fd);
/* Drops what was not added to for UPLOAD_SECONDS. */
void uploads_expire(struct uploads *u, int64_t now);

#endif
