/* The versions of CVSS by the prefix of the vector. */
#include "score/cvss.h"

#include "base/err.h"
#include "score/vector.h"

static bool take_prefix(struct str *s, struct str prefix)
{
    if (!str_starts(*s, prefix))
        return false;
    *s = str_slice(*s, prefix.n, s->n);
    return true;
}

static int parse_any(struct str vector, struct cvss *c)
{
    if (take_prefix(&vector, STR("CVSS:3.1/"))) {
        c->version = STR("3.1");
        return cvss3_parse(vector, true, c);
    }
    if (take_prefix(&vector, STR("CVSS:3.0/"))) {
        c->version = STR("3.0");
        return cvss3_parse(vector, false, c);
    }
    if (take_prefix(&vector, STR("CVSS:4.0/"))) {
        c->version = STR("4.0");
        return cvss4_parse(vector, c);
    }
    if (str_starts(vector, STR("CVSS:")))
        return err_set(ERR_INVALID, "CVSS: unknown version in '%.*s'", (int)(vector.n < 16 ? vector.n : 16),
                       vector.p);
    if (vector.n > 1 && vector.p[0] == '(' && vector.p[vector.n - 1] == ')')
        vector = str_slice(vector, 1, vector.n - 1);
    c->version = STR("2.0");
    return cvss2_parse(vector, c);
}

int cvss_parse(struct str vector, struct cvss *ret_cvss)
{
    enum { VECTOR_MAX = 1024 };
    if (vector.n > VECTOR_MAX)
        return err_set(ERR_LIMIT, "CVSS: vector longer than %d bytes", VECTOR_MAX);
    struct cvss c = {.temporal = -1, .environmental = -1};
    int status = parse_any(vector, &c);
    if (status < 0)
        return status;
    c.score = c.environmental >= 0 ? c.environmental : c.temporal >= 0 ? c.temporal : c.base;
    c.severity = cvss_severity(c.version, c.score);
    *ret_cvss = c;
    return 0;
}

/* 3.x: specification, section 5; 4.0: section 6. CVSS 2 has no scale of its own: NVD's, which knows neither
 * none nor critical (https://nvd.nist.gov/vuln-metrics/cvss). */
const char *cvss_severity(struct str version, double score)
{
    bool v2 = str_is(version, "2.0");
    if (score < 0.05 && !v2)
        return "NONE";
    if (score < 3.95)
        return "LOW";
    if (score < 6.95)
        return "MEDIUM";
    return score < 8.95 || v2 ? "HIGH" : "CRITICAL";
}
