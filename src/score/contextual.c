#include "score/contextual.h"

/* The attack vector where it stands in the vector: "AV:" is there once in every version. */
static ptrdiff_t attack_vector(struct str vector)
{
    if (str_starts(vector, STR("AV:")))
        return 3;
    ptrdiff_t at = str_find_str(vector, STR("/AV:"));
    if (at < 0 && str_starts(vector, STR("(AV:"))) /* CVSS 2 in parentheses */
        return 4;
    return at < 0 ? -1 : at + 4;
}

/* The value that counts instead. */
static char nearer(char value, enum reached reach)
{
    if (reach == REACH_EDGE && value == 'N')
        return 'A';
    return reach == REACH_NONE && (value == 'N' || value == 'A') ? 'L' : value;
}

static struct str reason(struct arena *a, enum reached reach, struct str to)
{
    if (reach == REACH_NONE)
        return to.n ? arena_printf(a, "no open network path to %.*s", STR_ARG(to))
                    : STR("no open network path to the resource");
    return to.n ? arena_printf(a,
                               "no open network path from the internet to %.*s, one from an adjacent network",
                               STR_ARG(to))
                : STR("no open network path from the internet, one from an adjacent network");
}

static struct str unread(struct arena *a, struct str to)
{
    struct str what = to.n ? to : STR("the resource");
    return arena_printf(a, "unchanged: not all network paths to %.*s could be read", STR_ARG(what));
}

int context_score(struct arena *a, struct str vector, enum reached reach, struct str to, bool exploited,
                  struct context_score *ret_score)
{
    struct cvss cvss, near;
    int status = cvss_parse(vector, &cvss);
    if (status < 0)
        return status;
    struct context_score s = {.score = cvss.score, .version = cvss.version, .vector = vector};
    ptrdiff_t at = attack_vector(vector);
    char value = at >= 0 && (size_t)at < vector.n ? vector.p[at] : 0;
    char better = nearer(value, reach);
    /* Who set a modified attack vector knew the surroundings. */
    bool stated = str_find_str(vector, STR("/MAV:")) >= 0 && str_find_str(vector, STR("/MAV:X")) < 0;
    if (reach == REACH_UNKNOWN && value == 'N')
        s.adjustments[s.n_adjustments++] =
            (struct adjustment){STR("AV"), STR("unchanged: the network paths to the resource are not known")};
    if (reach == REACH_UNREAD && (value == 'N' || value == 'A'))
        s.adjustments[s.n_adjustments++] = (struct adjustment){STR("AV"), unread(a, to)};
    if (better != value && exploited && !stated)
        s.adjustments[s.n_adjustments++] =
            (struct adjustment){STR("AV"), arena_printf(a, "unchanged, as an exploit is known: %.*s",
                                                        STR_ARG(reason(a, reach, to)))};
    if (better != value && !exploited && !stated) {
        struct str copy = arena_str(a, vector);
        ((char *)(uintptr_t)copy.p)[at] = better;
        if (cvss_parse(copy, &near) == 0 && near.score < cvss.score) {
            s.score = near.score;
            s.vector = copy;
            s.adjusted = true;
            s.adjustments[s.n_adjustments++] = (struct adjustment){STR("AV"), reason(a, reach, to)};
        }
    }
    *ret_score = s;
    return 0;
}
