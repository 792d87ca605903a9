/* A set of paths by their 64-bit hashes: eight bytes a path and a little room, for the millions of an image.
 *
 * Each path has a level, and the highest that was added counts. Hashes are made segment by segment, so that
 * all parents of a path are looked up in one go. */
#ifndef ASSAY_VIEW_PATH_SET_H
#define ASSAY_VIEW_PATH_SET_H

#include "base/str.h"

enum { PATH_SET_LEVELS = 1024 };

struct path_set {
    uint64_t *slots; /* hash with the level + 1 in its lowest bits; 0 is free */
    size_t n, size;
};

/* What an entry hides below it. */
enum path_mark {
    PATH_WHOLE, /* itself and everything beneath */
    PATH_BELOW, /* everything beneath */
    PATH_SELF,
};

void path_set_free(struct path_set *s);
void path_set_add(struct path_set *s, struct str path, enum path_mark mark, unsigned level);
/* The marks that a set holds, without their levels, in order; one that was taken adds the same to another
 * set. */
size_t path_set_marks(const struct path_set *s, uint64_t *ret_marks);
void path_set_add_mark(struct path_set *s, uint64_t mark, unsigned level);
/* Whether an entry of a level above `level` hides the clean path. */
bool path_set_hides(const struct path_set *s, struct str path, unsigned level);

#endif
