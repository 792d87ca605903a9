/* The header of an rpm package: the blob that every rpm database holds for each package.
 *
 * The header borrows the blob; every slice taken from it points there.
 */
#ifndef ASSAY_ECOSYSTEM_RPM_HEADER_H
#define ASSAY_ECOSYSTEM_RPM_HEADER_H

#include "base/str.h"

/* rpm's manual, "Tags"; the numbers are part of the format. */
enum rpm_tag {
    RPM_NAME = 1000,
    RPM_VERSION = 1001,
    RPM_RELEASE = 1002,
    RPM_EPOCH = 1003,
    RPM_VENDOR = 1011,
    RPM_LICENSE = 1014,
    RPM_ARCH = 1022,
    RPM_OLD_FILE_NAMES = 1027, /* whole paths, before rpm 4 */
    RPM_SOURCE_RPM = 1044,
    RPM_DIR_INDEXES = 1116,
    RPM_BASE_NAMES = 1117,
    RPM_DIR_NAMES = 1118,
    RPM_MODULARITY_LABEL = 5096,
};

struct rpm_header {
    const unsigned char *index; /* 16 bytes an entry */
    uint32_t entries;
    struct str data;
};

/* Checks the sizes that the blob states against the blob. ERR_INVALID, ERR_LIMIT. */
int rpm_header_parse(struct str blob, struct rpm_header *ret_header);

/* The string of a tag, or the first of several; empty when there is none. ERR_INVALID when it is of another
 * type or runs out of the data. */
int rpm_header_str(const struct rpm_header *h, enum rpm_tag tag, struct str *ret_value);
/* The numbers of a 32-bit tag; none when there is no such tag. ERR_INVALID when it is of another type or runs
 * out of the data. */
struct rpm_numbers {
    const unsigned char *at; /* big-endian */
    uint32_t n;
};
int rpm_header_numbers(const struct rpm_header *h, enum rpm_tag tag, struct rpm_numbers *ret_numbers);
uint32_t rpm_number(const struct rpm_numbers *numbers, uint32_t i);

/* The strings of a tag one by one: start with rpm_header_strings(), then while rpm_strings_next(). */
struct rpm_strings {
    struct str rest;
    uint32_t left;
};
int rpm_header_strings(const struct rpm_header *h, enum rpm_tag tag, struct rpm_strings *ret_strings);
/* False at the end, also when the data ends before the last string. */
bool rpm_strings_next(struct rpm_strings *s, struct str *ret_value);

/* Cuts "bash-5.1.8-6.el9.src.rpm" into name and version-release; false when it is no such name. */
bool rpm_split_source(struct str file, struct str *ret_name, struct str *ret_version);

#endif
