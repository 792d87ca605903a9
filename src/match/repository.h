/* Amazon Linux 2's extras are repositories with packages named as in core but of other versions
 * (postgresql 9.2 in core, 10 to 14 in a topic each), and the rpm database does not tell which repository a
 * package came from. Its version does: it is taken to be from those repositories that have the most in common
 * with it, by the first two numbers of their fixed versions. Where nothing is in common, all of them count;
 * core always does. */
#ifndef ASSAY_MATCH_REPOSITORY_H
#define ASSAY_MATCH_REPOSITORY_H

#include "match/match.h"

struct repository {
    struct str name; /* "repo=amzn2extra-docker"; empty for core */
    size_t line;     /* what its fixes share with the version, at most */
};

/* Those that hold the package of one match_key. Zeroed at first, filled when first asked; the caller frees.
 */
struct repositories {
    VEC(struct repository) list;
    size_t most;
    bool known;
};

void repositories_free(struct repositories *all);
/* Whether the entry is of a repository from which the package did not come. `all` is of this key alone. */
bool repositories_exclude(struct repositories *all, const struct db *db, struct arena *scratch,
                          const struct match_key *key, const struct advisory_affected *affected);

#endif
