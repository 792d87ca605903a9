#include "advisory/format.h"

#include <stdio.h>

#include "base/hash.h"

enum { YEAR_FIRST = 1980, YEAR_LAST = YEAR_FIRST + 127, NUMBER_BITS = 25 };

/* Digits without a superfluous zero in front, so that packing and unpacking give the same text. */
static bool plain_number(struct str s, size_t width, uint64_t *ret_value)
{
    return s.n >= width && (s.n == width || s.p[0] != '0') && str_u64(s, ret_value);
}

bool cve_pack(struct str id, uint32_t *ret_packed)
{
    struct str year_text, number_text;
    uint64_t year, number;
    if (!str_starts(id, STR("CVE-")) || !str_cut(str_slice(id, 4, id.n), '-', &year_text, &number_text))
        return false;
    if (!plain_number(year_text, 4, &year) || !plain_number(number_text, 4, &number))
        return false;
    if (year < YEAR_FIRST || year > YEAR_LAST || number >> NUMBER_BITS)
        return false;
    *ret_packed = (uint32_t)(year - YEAR_FIRST) << NUMBER_BITS | (uint32_t)number;
    return true;
}

struct str cve_unpack(uint32_t packed, char *ret_text)
{
    int n = snprintf(ret_text, 24, "CVE-%u-%04u", YEAR_FIRST + (packed >> NUMBER_BITS),
                     packed & ((1u << NUMBER_BITS) - 1));
    return (struct str){ret_text, (size_t)n};
}

bool cwe_number(struct str cwe, uint32_t *ret_number)
{
    uint64_t number;
    if (!str_starts(cwe, STR("CWE-")) || !plain_number(str_slice(cwe, 4, cwe.n), 1, &number) ||
        number > 1u << 24)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

uint32_t package_hash(struct str ecosystem, struct str name)
{
    return (uint32_t)(hash64_with(hash64(ecosystem), name) >> 32);
}
