/* finding.facet packed and unpacked. */
#include "store/condition.h"

static const struct {
    unsigned char shift, bits, first; /* first: the value that the number 0 has; 1 where it may be absent */
} facets[FACETS] = {
    [FACET_SEVERITY] = {0, 3, 0},
    [FACET_STATUS] = {3, 2, 0},
    [FACET_TYPE] = {5, 2, 0},
    [FACET_RESOURCE_TYPE] = {7, 3, 0},
    [FACET_FIX] = {10, 2, 1},
    [FACET_EXPLOIT] = {12, 2, 1},
    [FACET_PROTOCOL] = {14, 2, 1},
    [FACET_SOURCE] = {16, 4, 1},
    [FACET_VENDOR_SEVERITY] = {20, 3, 1},
    [FACET_PUSHED] = {23, 1, 1},
    [FACET_REPOSITORY] = {24, 1, 1},
    [FACET_REGISTRY] = {25, 1, 1},
    [FACET_COMPONENT_TYPE] = {26, 1, 1},
    [FACET_SCORE] = {27, 1, 1},
    [FACET_EPSS] = {28, 1, 1},
    [FACET_VULNERABILITY_ID] = {29, 1, 1},
};

unsigned facet_value(int64_t facet, enum facet_field field)
{
    return (unsigned)(facet >> facets[field].shift) & ((1U << facets[field].bits) - 1);
}

bool facet_in(int64_t facet, const struct facet_set *set)
{
    for (int i = FACET_NONE + 1; i < FACETS; i++)
        if (!(set->allowed[i] >> facet_value(facet, (enum facet_field)i) & 1))
            return false;
    return true;
}

/* Of texts that have few first letters: which one it is, 1 for any other. */
static unsigned letter_value(enum facet_field field, struct str text)
{
    const char *letters = field == FACET_SOURCE ? "ACDGMNOPRSUW" : "CHILMN";
    char c = text.p[0] >= 'a' && text.p[0] <= 'z' ? (char)(text.p[0] - 'a' + 'A') : text.p[0];
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (unsigned)(at - letters) + 2 : 1;
}

static void set_value(int64_t *facet, enum facet_field field, unsigned value)
{
    int64_t mask = ((INT64_C(1) << facets[field].bits) - 1) << facets[field].shift;
    *facet = (*facet & ~mask) | ((int64_t)value << facets[field].shift & mask);
}

void facet_set_number(int64_t *facet, enum facet_field field, int number)
{
    set_value(facet, field, number < 0 ? 0 : (unsigned)number + facets[field].first);
}

void facet_set_text(int64_t *facet, enum facet_field field, struct str text)
{
    set_value(facet, field, !text.n ? 0 : facets[field].bits > 1 ? letter_value(field, text) : 1);
}

void facet_set_present(int64_t *facet, enum facet_field field, bool present)
{
    set_value(facet, field, present);
}

bool condition_facets(const struct condition *c, struct facet_set *set)
{
    const struct criteria_key *key = c->key;
    bool positive = condition_positive(c);
    if (key->in == IN_NAMES && key->facet) {
        unsigned first = facets[key->facet].first;
        set->allowed[key->facet] &= (uint32_t)names_taken(c) << first | (first && !positive);
        return true;
    }
    if (!positive)
        return false;
    if (key->facet == FACET_SOURCE || key->facet == FACET_VENDOR_SEVERITY) {
        uint32_t letters = 0;
        for (size_t i = 0; i < c->n; i++)
            if (entry_positive(&c->at[i]))
                letters |= UINT32_C(1) << letter_value(key->facet, c->at[i].value);
        set->allowed[key->facet] &= letters;
    } else if (key->facet) {
        set->allowed[key->facet] &= 2;
    }
    if (key->resource_types)
        set->allowed[FACET_RESOURCE_TYPE] &= key->resource_types;
    if (key->finding_types)
        set->allowed[FACET_TYPE] &= key->finding_types;
    return false;
}
