/* CVSS 3.0 and 3.1 (specification documents, section 7). They differ in the modified impact of a changed
 * scope.
 *
 * Rounding is up to the next tenth of the exact value: 3.1's Roundup (appendix A) says how to keep binary
 * fractions from showing, which the margin of score_round_up() does too. */
#include <math.h>

#include "score/vector.h"

enum { AV, AC, PR, UI, S, C, I, A, E, RL, RC, CR, IR, AR, MAV, MAC, MPR, MUI, MS, MC, MI, MA, N_METRICS };

static const struct metric metrics[N_METRICS] = {
    [AV] = {"AV", "N A L P", METRIC_BASE},
    [AC] = {"AC", "L H", METRIC_BASE},
    [PR] = {"PR", "N L H", METRIC_BASE},
    [UI] = {"UI", "N R", METRIC_BASE},
    [S] = {"S", "U C", METRIC_BASE},
    [C] = {"C", "N L H", METRIC_BASE},
    [I] = {"I", "N L H", METRIC_BASE},
    [A] = {"A", "N L H", METRIC_BASE},
    [E] = {"E", "X U P F H", METRIC_TEMPORAL},
    [RL] = {"RL", "X O T W U", METRIC_TEMPORAL},
    [RC] = {"RC", "X U R C", METRIC_TEMPORAL},
    [CR] = {"CR", "X L M H", METRIC_ENVIRONMENTAL},
    [IR] = {"IR", "X L M H", METRIC_ENVIRONMENTAL},
    [AR] = {"AR", "X L M H", METRIC_ENVIRONMENTAL},
    [MAV] = {"MAV", "X N A L P", METRIC_ENVIRONMENTAL},
    [MAC] = {"MAC", "X L H", METRIC_ENVIRONMENTAL},
    [MPR] = {"MPR", "X N L H", METRIC_ENVIRONMENTAL},
    [MUI] = {"MUI", "X N R", METRIC_ENVIRONMENTAL},
    [MS] = {"MS", "X U C", METRIC_ENVIRONMENTAL},
    [MC] = {"MC", "X N L H", METRIC_ENVIRONMENTAL},
    [MI] = {"MI", "X N L H", METRIC_ENVIRONMENTAL},
    [MA] = {"MA", "X N L H", METRIC_ENVIRONMENTAL},
};

/* Weights in the order of the values above (section 7.4). */
static const double weights[AR + 1][5] = {
    [AV] = {0.85, 0.62, 0.55, 0.2},  [AC] = {0.77, 0.44},
    [PR] = {0.85, 0.62, 0.27},       [UI] = {0.85, 0.62},
    [C] = {0, 0.22, 0.56},           [I] = {0, 0.22, 0.56},
    [A] = {0, 0.22, 0.56},           [E] = {1, 0.91, 0.94, 0.97, 1},
    [RL] = {1, 0.95, 0.96, 0.97, 1}, [RC] = {1, 0.92, 0.96, 1},
    [CR] = {1, 0.5, 1, 1.5},         [IR] = {1, 0.5, 1, 1.5},
    [AR] = {1, 0.5, 1, 1.5},
};
static const double privileges_when_changed[] = {0.85, 0.68, 0.5};

static double weight(const int *values, int metric)
{
    if (metric == PR && values[S])
        return privileges_when_changed[values[PR]];
    return weights[metric][values[metric]];
}

static double temporal_of(const int *values, double base)
{
    return score_round_up(base * weight(values, E) * weight(values, RL) * weight(values, RC));
}

/* The base equations. With `modified` also the requirements count, and 3.1 bends the impact of a changed
 * scope. */
static double base_of(const int *values, bool modified, bool minor_1)
{
    double kept = 1;
    for (int i = 0; i < 3; i++)
        kept *= 1 - weight(values, C + i) * (modified ? weight(values, CR + i) : 1);
    double lost = modified ? fmin(1 - kept, 0.915) : 1 - kept;
    double impact = 6.42 * lost;
    if (values[S])
        impact = 7.52 * (lost - 0.029) -
                 3.25 * (modified && minor_1 ? pow(lost * 0.9731 - 0.02, 13) : pow(lost - 0.02, 15));
    if (impact <= 0)
        return 0;
    double exploitability =
        8.22 * weight(values, AV) * weight(values, AC) * weight(values, PR) * weight(values, UI);
    return score_round_up(fmin((values[S] ? 1.08 : 1) * (impact + exploitability), 10));
}

/* The base metrics with the modified ones in their places. */
static void apply_modified(int *values)
{
    for (int i = 0; MAV + i < N_METRICS; i++)
        if (values[MAV + i])
            values[AV + i] = values[MAV + i] - 1;
}

int cvss3_parse(struct str text, bool minor_1, struct cvss *c)
{
    int values[N_METRICS];
    int status = vector_read(text, metrics, N_METRICS, false, values);
    if (status < 0)
        return status;
    c->base = base_of(values, false, minor_1);
    if (vector_has(metrics, N_METRICS, values, METRIC_TEMPORAL))
        c->temporal = temporal_of(values, c->base);
    if (vector_has(metrics, N_METRICS, values, METRIC_ENVIRONMENTAL)) {
        apply_modified(values);
        c->environmental = temporal_of(values, base_of(values, true, minor_1));
    }
    return 0;
}
