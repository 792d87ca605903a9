/* CVSS 2 (A Complete Guide to the CVSS Version 2.0, section 3.2). */
#include <math.h>

#include "score/vector.h"

enum { AV, AC, AU, C, I, A, E, RL, RC, CDP, TD, CR, IR, AR, N_METRICS };

static const struct metric metrics[N_METRICS] = {
    [AV] = {"AV", "L A N", METRIC_BASE},
    [AC] = {"AC", "H M L", METRIC_BASE},
    [AU] = {"Au", "M S N", METRIC_BASE},
    [C] = {"C", "N P C", METRIC_BASE},
    [I] = {"I", "N P C", METRIC_BASE},
    [A] = {"A", "N P C", METRIC_BASE},
    [E] = {"E", "ND U POC F H", METRIC_TEMPORAL},
    [RL] = {"RL", "ND OF TF W U", METRIC_TEMPORAL},
    [RC] = {"RC", "ND UC UR C", METRIC_TEMPORAL},
    [CDP] = {"CDP", "ND N L LM MH H", METRIC_ENVIRONMENTAL},
    [TD] = {"TD", "ND N L M H", METRIC_ENVIRONMENTAL},
    [CR] = {"CR", "ND L M H", METRIC_ENVIRONMENTAL},
    [IR] = {"IR", "ND L M H", METRIC_ENVIRONMENTAL},
    [AR] = {"AR", "ND L M H", METRIC_ENVIRONMENTAL},
};

/* Weights in the order of the values above. */
static const double weights[N_METRICS][6] = {
    [AV] = {0.395, 0.646, 1},      [AC] = {0.35, 0.61, 0.71},
    [AU] = {0.45, 0.56, 0.704},    [C] = {0, 0.275, 0.660},
    [I] = {0, 0.275, 0.660},       [A] = {0, 0.275, 0.660},
    [E] = {1, 0.85, 0.9, 0.95, 1}, [RL] = {1, 0.87, 0.9, 0.95, 1},
    [RC] = {1, 0.9, 0.95, 1},      [CDP] = {0, 0, 0.1, 0.3, 0.4, 0.5},
    [TD] = {1, 0, 0.25, 0.75, 1},  [CR] = {1, 0.5, 1, 1.51},
    [IR] = {1, 0.5, 1, 1.51},      [AR] = {1, 0.5, 1, 1.51},
};

static double weight(const int *values, int metric)
{
    return weights[metric][values[metric]];
}

/* The loss of confidentiality, integrity and availability together, each times its requirement when
 * `adjusted`. */
static double impact_of(const int *values, bool adjusted)
{
    double kept = 1;
    for (int i = 0; i < 3; i++)
        kept *= 1 - weight(values, C + i) * (adjusted ? weight(values, CR + i) : 1);
    double impact = 10.41 * (1 - kept);
    return adjusted ? fmin(10, impact) : impact;
}

static double base_of(const int *values, bool adjusted)
{
    double impact = impact_of(values, adjusted);
    if (!values[C] && !values[I] && !values[A])
        return 0;
    double exploitability = 20 * weight(values, AV) * weight(values, AC) * weight(values, AU);
    return score_round_half_up((0.6 * impact + 0.4 * exploitability - 1.5) * 1.176);
}

static double temporal_of(const int *values, double base)
{
    return score_round_half_up(base * weight(values, E) * weight(values, RL) * weight(values, RC));
}

int cvss2_parse(struct str text, struct cvss *c)
{
    int values[N_METRICS];
    int status = vector_read(text, metrics, N_METRICS, false, values);
    if (status < 0)
        return status;
    c->base = fmax(0, base_of(values, false));
    if (vector_has(metrics, N_METRICS, values, METRIC_TEMPORAL))
        c->temporal = temporal_of(values, c->base);
    if (vector_has(metrics, N_METRICS, values, METRIC_ENVIRONMENTAL)) {
        /* The adjusted base may be negative; the guide only bounds the result. */
        double temporal = temporal_of(values, base_of(values, true));
        double score = (temporal + (10 - temporal) * weight(values, CDP)) * weight(values, TD);
        c->environmental = fmax(0, score_round_half_up(score));
    }
    return 0;
}
