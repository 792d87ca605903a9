#include "score/vector.h"

#include <math.h>

#include "base/err.h"

/* The index of `word` among blank-separated words, or -1. */
static int index_of(struct str word, const char *words)
{
    struct str rest = str_from(words), one;
    for (int i = 0; str_next(&rest, ' ', &one); i++)
        if (str_eq(one, word))
            return i;
    return -1;
}

static int find_metric(struct str name, const struct metric *metrics, size_t n_metrics)
{
    for (size_t i = 0; i < n_metrics; i++)
        if (str_is(name, metrics[i].name))
            return (int)i;
    return -1;
}

static int read_pair(struct str pair, const struct metric *metrics, size_t n_metrics, int last, uint32_t seen,
                     int *values)
{
    struct str name, value;
    if (!str_cut(pair, ':', &name, &value))
        return err_set(ERR_INVALID, "CVSS: '%.*s' is not a metric and its value", STR_ARG(pair));
    int metric = find_metric(name, metrics, n_metrics);
    if (metric < 0)
        return err_set(ERR_INVALID, "CVSS: unknown metric '%.*s'", STR_ARG(name));
    if (seen >> metric & 1)
        return err_set(ERR_INVALID, "CVSS: metric %s twice", metrics[metric].name);
    if (metric < last)
        return err_set(ERR_INVALID, "CVSS: metric %s comes too late", metrics[metric].name);
    int index = index_of(value, metrics[metric].values);
    if (index < 0)
        return err_set(ERR_INVALID, "CVSS: metric %s has no value '%.*s'", metrics[metric].name,
                       STR_ARG(value));
    values[metric] = index;
    return metric;
}

int vector_read(struct str text, const struct metric *metrics, size_t n_metrics, bool ordered, int *values)
{
    uint32_t seen = 0;
    int last = 0;
    if (text.n && text.p[text.n - 1] == '/')
        return err_set(ERR_INVALID, "CVSS: a '/' at the end");
    memset(values, 0, n_metrics * sizeof *values);
    struct str pair;
    while (str_next(&text, '/', &pair)) {
        int metric = read_pair(pair, metrics, n_metrics, ordered ? last : 0, seen, values);
        if (metric < 0)
            return metric;
        seen |= (uint32_t)1 << metric;
        last = metric;
    }
    for (size_t i = 0; i < n_metrics; i++)
        if (metrics[i].group == METRIC_BASE && !(seen >> i & 1))
            return err_set(ERR_INVALID, "CVSS: metric %s is missing", metrics[i].name);
    return 0;
}

bool vector_has(const struct metric *metrics, size_t n_metrics, const int *values, enum metric_group group)
{
    for (size_t i = 0; i < n_metrics; i++)
        if (metrics[i].group == group && values[i])
            return true;
    return false;
}

#define MARGIN 1e-9

double score_round_half_up(double value)
{
    return copysign(floor(fabs(value) * 10 + 0.5 + MARGIN) / 10, value);
}

double score_round_up(double value)
{
    return ceil(value * 10 - MARGIN) / 10;
}
