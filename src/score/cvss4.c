/* CVSS 4.0 (specification document, section 8): metrics are grouped into six equivalence classes, whose
 * levels select a score from a table; from there it is lowered by how far the vector lies from the most
 * severe vector of its class, as a share of the way to the next lower class. */
#include <math.h>

#include "score/vector.h"

/* clang-format off */
enum {
    AV, AC, AT, PR, UI, VC, VI, VA, SC, SI, SA,                        /* base */
    E,                                                                 /* threat */
    CR, IR, AR, MAV, MAC, MAT, MPR, MUI, MVC, MVI, MVA, MSC, MSI, MSA, /* environmental */
    S, AU, R, V, RE, U,                                                /* supplemental: no influence on scores */
    N_METRICS
};
/* clang-format on */

/* In the mandatory order (table 23). Values go from the most severe to the least, so an index is a
 * distance. */
static const struct metric metrics[N_METRICS] = {
    [AV] = {"AV", "N A L P", METRIC_BASE},
    [AC] = {"AC", "L H", METRIC_BASE},
    [AT] = {"AT", "N P", METRIC_BASE},
    [PR] = {"PR", "N L H", METRIC_BASE},
    [UI] = {"UI", "N P A", METRIC_BASE},
    [VC] = {"VC", "H L N", METRIC_BASE},
    [VI] = {"VI", "H L N", METRIC_BASE},
    [VA] = {"VA", "H L N", METRIC_BASE},
    [SC] = {"SC", "H L N", METRIC_BASE},
    [SI] = {"SI", "H L N", METRIC_BASE},
    [SA] = {"SA", "H L N", METRIC_BASE},
    [E] = {"E", "X A P U", METRIC_TEMPORAL},
    [CR] = {"CR", "X H M L", METRIC_ENVIRONMENTAL},
    [IR] = {"IR", "X H M L", METRIC_ENVIRONMENTAL},
    [AR] = {"AR", "X H M L", METRIC_ENVIRONMENTAL},
    [MAV] = {"MAV", "X N A L P", METRIC_ENVIRONMENTAL},
    [MAC] = {"MAC", "X L H", METRIC_ENVIRONMENTAL},
    [MAT] = {"MAT", "X N P", METRIC_ENVIRONMENTAL},
    [MPR] = {"MPR", "X N L H", METRIC_ENVIRONMENTAL},
    [MUI] = {"MUI", "X N P A", METRIC_ENVIRONMENTAL},
    [MVC] = {"MVC", "X H L N", METRIC_ENVIRONMENTAL},
    [MVI] = {"MVI", "X H L N", METRIC_ENVIRONMENTAL},
    [MVA] = {"MVA", "X H L N", METRIC_ENVIRONMENTAL},
    [MSC] = {"MSC", "X H L N", METRIC_ENVIRONMENTAL},
    [MSI] = {"MSI", "X S H L N", METRIC_ENVIRONMENTAL},
    [MSA] = {"MSA", "X S H L N", METRIC_ENVIRONMENTAL},
    [S] = {"S", "X N P", METRIC_SUPPLEMENTAL},
    [AU] = {"AU", "X N Y", METRIC_SUPPLEMENTAL},
    [R] = {"R", "X A U I", METRIC_SUPPLEMENTAL},
    [V] = {"V", "X D C", METRIC_SUPPLEMENTAL},
    [RE] = {"RE", "X L M H", METRIC_SUPPLEMENTAL},
    [U] = {"U", "X Clear Green Amber Red", METRIC_SUPPLEMENTAL},
};

/* What the score depends on, as distances from the most severe value. */
enum { N = 2 }; /* "none" of an impact on the vulnerable system */
struct severity_vector {
    int av, ac, at, pr, ui; /* N=0 A=1 L=2 P=3; L=0 H=1; N=0 P=1; N=0 L=1 H=2; N=0 P=1 A=2 */
    int v[3];               /* impact on the vulnerable system: H=0 L=1 N=2 */
    int s[3];               /* on subsequent systems: S=0 H=1 L=2 N=3 */
    int e;                  /* A=0 P=1 U=2 */
    int r[3];               /* requirements: H=0 M=1 L=2 */
};

enum { N_EQ36 = 5 };
/* The MacroVector (section 8.2): EQ3 and EQ6 depend on each other and make one class of five levels: 00 01 10
 * 11 21. */
struct macro_vector {
    int eq1, eq2, eq36, eq4, eq5;
};

/* Scores in tenths by MacroVector: EQ1, EQ2, EQ3+EQ6, then EQ4 and EQ5. */
static const unsigned char lookup[3][2][N_EQ36][3][3] = {
    {
        {
            {{100, 98, 95}, {100, 93, 91}, {93, 89, 81}},
            {{99, 95, 92}, {96, 87, 81}, {90, 80, 68}},
            {{98, 95, 90}, {93, 89, 81}, {88, 78, 69}},
            {{95, 92, 84}, {92, 81, 65}, {80, 70, 48}},
            {{92, 82, 72}, {79, 69, 50}, {69, 55, 27}},
        },
        {
            {{99, 95, 92}, {95, 90, 84}, {92, 82, 72}},
            {{97, 92, 85}, {91, 83, 71}, {81, 71, 53}},
            {{95, 92, 85}, {92, 80, 70}, {84, 71, 50}},
            {{93, 85, 73}, {82, 72, 59}, {70, 52, 30}},
            {{86, 75, 52}, {71, 52, 29}, {63, 29, 17}},
        },
    },
    {
        {
            {{98, 94, 91}, {94, 86, 77}, {87, 74, 63}},
            {{95, 87, 81}, {89, 74, 64}, {75, 63, 49}},
            {{94, 88, 76}, {86, 74, 59}, {72, 57, 52}},
            {{89, 77, 67}, {76, 58, 50}, {57, 52, 25}},
            {{83, 70, 54}, {65, 58, 26}, {53, 21, 13}},
        },
        {
            {{95, 88, 76}, {90, 75, 61}, {77, 68, 52}},
            {{90, 76, 70}, {77, 62, 53}, {66, 59, 30}},
            {{89, 76, 62}, {74, 57, 47}, {61, 57, 24}},
            {{78, 67, 58}, {59, 57, 23}, {52, 29, 16}},
            {{71, 59, 30}, {58, 26, 15}, {23, 13, 6}},
        },
    },
    {
        {
            {{93, 86, 75}, {86, 74, 56}, {70, 52, 40}},
            {{87, 72, 58}, {74, 61, 34}, {54, 40, 22}},
            {{85, 74, 62}, {72, 55, 46}, {53, 34, 19}},
            {{75, 55, 51}, {57, 41, 19}, {36, 19, 8}},
            {{64, 51, 20}, {47, 21, 11}, {24, 9, 4}},
        },
        {
            {{88, 73, 60}, {73, 59, 41}, {54, 45, 20}},
            {{75, 53, 50}, {55, 40, 20}, {43, 22, 11}},
            {{75, 58, 40}, {61, 48, 20}, {46, 17, 8}},
            {{55, 45, 21}, {51, 18, 9}, {18, 7, 2}},
            {{53, 24, 14}, {24, 12, 5}, {10, 3, 1}},
        },
    },
};

/* Depth of each level in steps of severity: from its most severe vectors to its least severe ones
 * (section 8.3). */
static const int depth1[] = {1, 4, 5}, depth2[] = {1, 2}, depth36[] = {7, 6, 8, 8, 10}, depth4[] = {6, 5, 4};

/* The most severe vectors of each level; several where none is above all others. Ended by a negative first
 * value. */
static const int most1[3][4][3] = {
    /* AV PR UI */
    {{0, 0, 0}, {-1}},
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {-1}},
    {{3, 0, 0}, {1, 1, 1}, {-1}},
};
static const int most2[2][3][2] = {
    /* AC AT */
    {{0, 0}, {-1}},
    {{1, 0}, {0, 1}, {-1}},
};
static const int most36[N_EQ36][6][6] = {
    /* VC VI VA CR IR AR */
    {{0, 0, 0, 0, 0, 0}, {-1}},
    {{0, 0, 1, 1, 1, 0}, {0, 0, 0, 1, 1, 1}, {-1}},
    {{1, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0}, {-1}},
    {{1, 0, 1, 0, 1, 0},
     {1, 0, 0, 0, 1, 1},
     {0, 1, 0, 1, 0, 1},
     {0, 1, 1, 1, 0, 0},
     {1, 1, 0, 0, 0, 1},
     {-1}},
    {{1, 1, 1, 0, 0, 0}, {-1}},
};
static const int most4[3][2][3] = {
    /* SC SI SA */
    {{1, 0, 0}, {-1}},
    {{1, 1, 1}, {-1}},
    {{2, 2, 2}, {-1}},
};

/* Steps from the first of the most severe vectors that is at least as severe in every metric. */
static int distance(const int *values, size_t n_values, const int *most)
{
    for (; *most >= 0; most += n_values) {
        int sum = 0;
        bool above = true;
        for (size_t i = 0; i < n_values; i++) {
            above = above && values[i] >= most[i];
            sum += values[i] - most[i];
        }
        if (above)
            return sum;
    }
    return 0;
}

static int level1(const struct severity_vector *x)
{
    if (!x->av && !x->pr && !x->ui)
        return 0;
    return x->av != 3 && (!x->av || !x->pr || !x->ui) ? 1 : 2;
}

static int level36(const struct severity_vector *x)
{
    bool required = false;
    for (int i = 0; i < 3; i++)
        required = required || (!x->v[i] && !x->r[i]);
    int eq3 = !x->v[0] && !x->v[1] ? 0 : !x->v[0] || !x->v[1] || !x->v[2] ? 1 : 2;
    return eq3 == 2 ? 4 : eq3 * 2 + !required;
}

static int level4(const struct severity_vector *x)
{
    if (!x->s[1] || !x->s[2])
        return 0;
    return x->s[0] == 1 || x->s[1] == 1 || x->s[2] == 1 ? 1 : 2;
}

static int score_at(struct macro_vector m)
{
    return lookup[m.eq1][m.eq2][m.eq36][m.eq4][m.eq5];
}

/* The score of the next lower level of EQ3+EQ6: the higher one where two are next. -1 at the end. */
static int lower36(struct macro_vector m)
{
    static const int next[N_EQ36][2] = {{1, 2}, {3, 3}, {3, 3}, {4, 4}, {-1, -1}};
    int highest = -1;
    for (int i = 0; i < 2; i++) {
        struct macro_vector to = m;
        to.eq36 = next[m.eq36][i];
        if (to.eq36 >= 0 && score_at(to) > highest)
            highest = score_at(to);
    }
    return highest;
}

/* The mean of the ways down, over the classes that have a lower level (section 8.4). */
struct mean {
    double sum;
    int n;
};

static void add(struct mean *mean, int score, int lower, int steps, int depth)
{
    if (lower < 0)
        return;
    mean->sum += (double)(score - lower) * steps / depth;
    mean->n++;
}

static double score_of(const struct severity_vector *x)
{
    if (x->v[0] == N && x->v[1] == N && x->v[2] == N && x->s[0] == N + 1 && x->s[1] == N + 1 &&
        x->s[2] == N + 1)
        return 0;
    const struct macro_vector m = {level1(x), x->ac || x->at, level36(x), level4(x), x->e};
    const int exploit[] = {x->av, x->pr, x->ui}, complexity[] = {x->ac, x->at};
    const int impact[] = {x->v[0], x->v[1], x->v[2], x->r[0], x->r[1], x->r[2]};
    int score = score_at(m);
    struct macro_vector to1 = m, to2 = m, to4 = m;
    to1.eq1++, to2.eq2++, to4.eq4++;
    struct mean mean = {0};
    add(&mean, score, m.eq1 < 2 ? score_at(to1) : -1, distance(exploit, 3, most1[m.eq1][0]), depth1[m.eq1]);
    add(&mean, score, m.eq2 < 1 ? score_at(to2) : -1, distance(complexity, 2, most2[m.eq2][0]),
        depth2[m.eq2]);
    add(&mean, score, lower36(m), distance(impact, 6, most36[m.eq36][0]), depth36[m.eq36]);
    add(&mean, score, m.eq4 < 2 ? score_at(to4) : -1, distance(x->s, 3, most4[m.eq4][0]), depth4[m.eq4]);
    if (m.eq5 < 2)
        mean.n++; /* one vector a level: nothing to walk, but it counts */
    double value = (score - (mean.n ? mean.sum / mean.n : 0)) / 10;
    return score_round_half_up(fmin(fmax(value, 0), 10));
}

/* A base metric, or its modified one where that is wanted and defined. */
static int effective(const int *values, int metric, bool modified)
{
    int own = values[metric], other = modified ? values[MAV + metric - AV] : 0;
    if (metric == SI || metric == SA)
        own++; /* the modified ones have "safety" before "high" */
    if (metric == SC)
        return other ? other : own + 1;
    return other ? other - 1 : own;
}

static double score_with(const int *values, bool threat, bool modified)
{
    struct severity_vector x = {
        .av = effective(values, AV, modified),
        .ac = effective(values, AC, modified),
        .at = effective(values, AT, modified),
        .pr = effective(values, PR, modified),
        .ui = effective(values, UI, modified),
        .e = threat && values[E] ? values[E] - 1 : 0,
    };
    for (int i = 0; i < 3; i++) {
        x.v[i] = effective(values, VC + i, modified);
        x.s[i] = effective(values, SC + i, modified);
        x.r[i] = modified && values[CR + i] ? values[CR + i] - 1 : 0;
    }
    return score_of(&x);
}

int cvss4_parse(struct str text, struct cvss *c)
{
    int values[N_METRICS];
    int status = vector_read(text, metrics, N_METRICS, true, values);
    if (status < 0)
        return status;
    c->base = score_with(values, false, false);
    if (vector_has(metrics, N_METRICS, values, METRIC_TEMPORAL))
        c->temporal = score_with(values, true, false);
    if (vector_has(metrics, N_METRICS, values, METRIC_ENVIRONMENTAL))
        c->environmental = score_with(values, true, true);
    return 0;
}
