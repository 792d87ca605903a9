#include "score/severity.h"

static const char *const names[N_SEVERITIES] = {
    [SEVERITY_CRITICAL] = "CRITICAL",
    [SEVERITY_HIGH] = "HIGH",
    [SEVERITY_MEDIUM] = "MEDIUM",
    [SEVERITY_LOW] = "LOW",
    [SEVERITY_INFORMATIONAL] = "INFORMATIONAL",
    [SEVERITY_UNTRIAGED] = "UNTRIAGED",
};

const char *severity_name(enum severity severity)
{
    return (unsigned)severity < N_SEVERITIES ? names[severity] : names[SEVERITY_UNTRIAGED];
}

/* Scores have one decimal; the bounds lie between two. */
enum severity severity_of_score(double score)
{
    if (!(score >= 0))
        return SEVERITY_UNTRIAGED;
    if (score < 0.05)
        return SEVERITY_INFORMATIONAL;
    if (score < 3.95)
        return SEVERITY_LOW;
    if (score < 6.95)
        return SEVERITY_MEDIUM;
    return score < 8.95 ? SEVERITY_HIGH : SEVERITY_CRITICAL;
}

/* Debian's urgencies, Ubuntu's priorities, Red Hat's, Amazon's and SUSE's impacts, GitHub's and npm's
 * severities. */
static const struct {
    const char *word;
    enum severity severity;
} ratings[] = {
    {"none", SEVERITY_INFORMATIONAL},
    {"informational", SEVERITY_INFORMATIONAL},
    {"info", SEVERITY_INFORMATIONAL},
    {"unimportant", SEVERITY_INFORMATIONAL},
    {"negligible", SEVERITY_INFORMATIONAL},
    {"low", SEVERITY_LOW},
    {"low*", SEVERITY_LOW},
    {"low**", SEVERITY_LOW},
    {"minor", SEVERITY_LOW},
    {"medium", SEVERITY_MEDIUM},
    {"medium*", SEVERITY_MEDIUM},
    {"medium**", SEVERITY_MEDIUM},
    {"moderate", SEVERITY_MEDIUM},
    {"high", SEVERITY_HIGH},
    {"high*", SEVERITY_HIGH},
    {"high**", SEVERITY_HIGH},
    {"important", SEVERITY_HIGH},
    {"major", SEVERITY_HIGH},
    {"critical", SEVERITY_CRITICAL},
    {"severe", SEVERITY_CRITICAL},
};

enum severity severity_of_rating(struct str rating)
{
    rating = str_trim(rating);
    for (size_t i = 0; i < sizeof ratings / sizeof *ratings; i++)
        if (str_ieq(rating, str_from(ratings[i].word)))
            return ratings[i].severity;
    return SEVERITY_UNTRIAGED;
}

bool severity_parse(struct str name, enum severity *ret_severity)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_ieq(name, str_from(names[i]))) {
            *ret_severity = (enum severity)i;
            return true;
        }
    return false;
}
