/* finding.facet packed and unpacked. */
#include "store/condition.h"

/* What there is only of a few findings stands last: the facets of others are then short numbers.
 * The schema has the places of SOURCE and VENDOR_SEVERITY. */
static const struct {
    unsigned char shift, bits, first; /* first: the value that the number 0 has; 1 where it may be absent */
} facets[FACETS] = {
    [FACET_SEVERITY] = {0, 3, 0},
    [FACET_STATUS] = {3, 2, 0},
    [FACET_TYPE] = {5, 2, 0},
    [FACET_RESOURCE_TYPE] = {7, 3, 0},
    [FACET_FIX] = {10, 2, 1},
    [FACET_EXPLOIT] = {12, 2, 1},
    [FACET_SOURCE] = {14, 5, 1},
    [FACET_VENDOR_SEVERITY] = {19, 5, 1},
    [FACET_PUSHED] = {24, 1, 1},
    [FACET_REPOSITORY] = {25, 1, 1},
    [FACET_REGISTRY] = {26, 1, 1},
    [FACET_SCORE] = {27, 1, 1},
    [FACET_EPSS] = {28, 1, 1},
    [FACET_VULNERABILITY_ID] = {29, 1, 1},
    [FACET_COMPONENT_TYPE] = {30, 1, 1},
    [FACET_PROTOCOL] = {31, 2, 1},
};

/* Texts that are usual: their values count from 2, at most 30 of each. Their order never changes; who adds
 * one packs the facets of its findings anew. */
enum { OTHER_WORD = 1, WORDS = 30 };
/* clang-format off */
static const char *const words[FACETS][WORDS] = {
    [FACET_SOURCE] = {
        "NVD", "DEBIAN_CVE", "UBUNTU_CVE", "REDHAT_CVE", "AMAZON_CVE", "GITHUB", "OSV", "ALPINE_CVE", "ORACLE_CVE",
        "ALMALINUX_CVE", "ROCKY_CVE", "FEDORA_CVE", "SUSE_CVE", "PHOTON_CVE", "MICROSOFT_CVE", "WOLFI_CVE",
        "CHAINGUARD_CVE", "MINIMOS_CVE", "MAGEIA_CVE", "OPENEULER_CVE", "BOTTLEROCKET_CVE", "ECHO_CVE", "ASSAY"},
    [FACET_VENDOR_SEVERITY] = {
        "low", "medium", "moderate", "important", "high", "critical", "none", "negligible", "unimportant",
        "untriaged", "not yet assigned", "end-of-life", "unspecified", "informational", "unmaintained", "unsound",
        "notice", "Low", "Medium", "Moderate", "Important", "High", "Critical", "None",
        "LOW", "MEDIUM", "HIGH", "CRITICAL", "NONE"},
};
/* clang-format on */

static bool has_words(enum facet_field field)
{
    return words[field][0];
}

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

static unsigned word_value(enum facet_field field, struct str text)
{
    for (unsigned i = 0; i < WORDS && words[field][i]; i++)
        if (str_is(text, words[field][i]))
            return i + 2;
    return OTHER_WORD;
}

struct str facet_word(int64_t facet, enum facet_field field)
{
    unsigned value = facet_value(facet, field);
    return str_from(has_words(field) && value > OTHER_WORD ? words[field][value - 2] : "");
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
    set_value(facet, field, !text.n ? 0 : has_words(field) ? word_value(field, text) : 1);
}

void facet_set_present(int64_t *facet, enum facet_field field, bool present)
{
    set_value(facet, field, present);
}

/* Whether facets say it all: but for words that are not usual. */
static bool word_facets(const struct condition *c, struct facet_set *set)
{
    enum facet_field field = c->key->facet;
    bool all = true;
    uint32_t allowed = condition_takes(c, STR(""), true);
    for (unsigned i = 0; i < WORDS && words[field][i]; i++)
        allowed |= (uint32_t)condition_takes(c, str_from(words[field][i]), false) << (i + 2);
    for (size_t i = 0; i < c->n; i++)
        all &= c->at[i].comparison != HAS_PREFIX && word_value(field, c->at[i].value) != OTHER_WORD;
    if (!all || !condition_positive(c))
        allowed |= 1U << OTHER_WORD;
    set->allowed[field] &= allowed;
    return all;
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
    if (has_words(key->facet))
        return word_facets(c, set);
    if (!positive)
        return false;
    if (key->facet)
        set->allowed[key->facet] &= 2;
    if (key->resource_types)
        set->allowed[FACET_RESOURCE_TYPE] &= key->resource_types;
    if (key->finding_types)
        set->allowed[FACET_TYPE] &= key->finding_types;
    return false;
}
