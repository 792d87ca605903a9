/* The header of an rpm package, every tag of it that is read; and the split of source package names. */
#include "ecosystem/rpm_header.h"
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum rpm_tag tags[] = {RPM_NAME,       RPM_EPOCH,           RPM_OLD_FILE_NAMES,
                                        RPM_SOURCE_RPM, RPM_DIR_INDEXES,     RPM_BASE_NAMES,
                                        RPM_DIR_NAMES,  RPM_MODULARITY_LABEL};
    struct rpm_header h;
    struct rpm_strings strings;
    struct rpm_numbers numbers;
    struct str value, name, version;
    unsigned sum = 0;
    if (rpm_header_parse((struct str){(const char *)data, size}, &h) < 0)
        return 0;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (rpm_header_str(&h, tags[i], &value) == 0 && rpm_split_source(value, &name, &version))
            sum += (unsigned)(name.p[0] + version.p[version.n - 1]);
        if (rpm_header_strings(&h, tags[i], &strings) == 0)
            while (rpm_strings_next(&strings, &value))
                sum += value.n ? (unsigned)value.p[value.n - 1] : 0;
        if (rpm_header_numbers(&h, tags[i], &numbers) == 0)
            for (uint32_t k = 0; k < numbers.n; k++)
                sum += rpm_number(&numbers, k);
    }
    static volatile unsigned used; /* so that no read is left out */
    used = sum;
    (void)used;
    return 0;
}
