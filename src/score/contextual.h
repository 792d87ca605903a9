/* The contextual score: a vector as it counts on one resource, given from where that can be reached. The
 * rules are in docs/scores.md; they are ours, only ever lower a score, and say why. */
#ifndef ASSAY_SCORE_CONTEXTUAL_H
#define ASSAY_SCORE_CONTEXTUAL_H

#include "base/arena.h"
#include "score/cvss.h"

enum reached {
    REACH_UNKNOWN,  /* nobody has looked: the score stays */
    REACH_INTERNET, /* an open path from the internet */
    REACH_UNREAD,   /* none is known, but there may be one that could not be read: the score stays */
    REACH_EDGE,     /* none, but one over another edge: peering, VPN, direct connection */
    REACH_NONE,     /* none at all */
};

struct adjustment {
    struct str metric, reason; /* "AV" */
};
enum { ADJUSTMENTS_MAX = 1 };
struct context_score {
    double score;
    struct str version, vector; /* "3.1"; the vector as it counts, in the arena when adjusted */
    bool adjusted;
    /* Why the vector differs from the one that was given; or, when reach is unknown and counts, that. */
    struct adjustment adjustments[ADJUSTMENTS_MAX];
    size_t n_adjustments;
};

/* `to`: what is reached so, for reasons ("SSH (TCP 22)"); empty: the resource. `exploited`: an exploit is
 * known, which keeps the score. ERR_INVALID for what is no vector. */
int context_score(struct arena *a, struct str vector, enum reached reach, struct str to, bool exploited,
                  struct context_score *ret_score);

#endif
