/* Scores of accepted vectors lie between 0 and 10 and have one decimal. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "score/cvss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(double score)
{
    if (!(score >= 0 && score <= 10) || fabs(score * 10 - round(score * 10)) > 1e-9)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvss c;
    if (cvss_parse((struct str){(const char *)data, size}, &c) < 0)
        return 0;
    check(c.base);
    check(c.score);
    check(c.temporal == -1 ? 0 : c.temporal);
    check(c.environmental == -1 ? 0 : c.environmental);
    return 0;
}
