#include "report/tally.h"

enum severity severity_from(struct str word)
{
    for (enum severity s = 0; s < N_SEVERITIES; s++)
        if (str_is(word, severity_name(s)))
            return s;
    return SEVERITY_UNTRIAGED;
}

static void count_finding(struct tally *t, const struct finding *f)
{
    if (f->ignored.n) {
        t->ignored++;
        return;
    }
    t->findings++;
    t->unknown += f->verdict == VERDICT_UNKNOWN;
    t->fixable += f->fixed.n != 0;
    t->kev += f->kev;
    t->exploit += f->exploit;
    t->by_severity[severity_from(f->severity)]++;
}

static int by_type(const void *left, const void *right)
{
    const struct tally_type *a = left, *b = right;
    return str_cmp(a->type, b->type);
}

/* There are a dozen types, not thousands: a list will do. */
static void count_type(struct tally_type *types, size_t *n, size_t max, struct str type)
{
    size_t i = 0;
    while (i < *n && !str_eq(types[i].type, type))
        i++;
    if (i == max)
        return;
    if (i == *n)
        types[(*n)++] = (struct tally_type){type, 0};
    types[i].n++;
}

struct tally tally_of(struct arena *a, const struct report *r)
{
    enum { MAX_TYPES = 64 };
    struct tally t = {0};
    struct tally_type *types = arena_new_array(a, struct tally_type, MAX_TYPES);
    vec_each(p, &r->inventory->packages)
    {
        count_type(types, &t.n_types, MAX_TYPES, p->type);
        t.owned += p->owner.n != 0;
        t.unresolved += p->unresolved;
    }
    qsort(types, t.n_types, sizeof *types, by_type);
    t.types = types;
    if (r->findings) {
        t.unresolved = r->findings->unresolved;
        t.not_covered = r->findings->uncovered;
    }
    for (size_t i = 0; r->findings && i < r->findings->findings.n; i++)
        count_finding(&t, &r->findings->findings.at[i]);
    return t;
}
