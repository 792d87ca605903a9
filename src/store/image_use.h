/* Where images run: how many units of which workload of which cluster have one. */
#ifndef ASSAY_STORE_IMAGE_USE_H
#define ASSAY_STORE_IMAGE_USE_H

#include "store/store.h"

struct image_use {
    int64_t resource; /* the image */
    struct str cluster, definition, group;
    int64_t running;
    int64_t last; /* when it was seen to run last */
};
/* Where: all clusters of a region, or those task definitions of one cluster whose ARNs begin with `family`
 * and go on with the number of a revision. */
struct image_use_place {
    struct str region, cluster, family; /* empty but for the region: all */
};
/* What runs there now; what ran there before is kept with 0 units, and dropped when it has not run since
 * `before`. A use is only written when its units differ, or it was last seen half a day
 * ago; at most `most` are, the same again goes on from there. *ret_touched, in the arena: images of which
 * anything was written, each once, in order: none when all is said. */
size_t image_uses_put(struct sql *db, struct arena *a, account_id account,
                      const struct image_use_place *place, const struct image_use *uses, size_t n,
                      int64_t now, int64_t before, size_t most, int64_t **ret_touched);
/* Of whose clusters anything is known; in the arena. */
size_t image_use_regions(struct sql *db, struct arena *a, account_id account, struct str **ret_regions);
/* Units of an image in all clusters, and when one was seen to run last (TIME_NONE: never). */
void image_uses_of(struct sql *db, account_id account, int64_t resource, int64_t *ret_running,
                   int64_t *ret_last);
/* Uses of an image by its ARN, or of all images of the repository that has this ARN, sorted by cluster, what
 * runs most before all else; those of one workload by several images are one. In the arena. */
size_t image_uses_list(struct sql *db, struct arena *a, account_id account, struct str arn,
                       struct image_use **ret_uses);

#endif
