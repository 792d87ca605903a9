/* The file: what the writer and the reader of the advisory database agree on. Little endian.
 *
 * A header, a table of sections, the sections, each aligned to eight bytes. Sections are only ever added at
 * the end: one that a file lacks is empty, one that is not known is passed over. There are two sorts of
 * section:
 *
 * A column is an array of u32 or u64.
 *
 * A pool is a list of byte strings, numbered from 0, each preceded by its length as a varint; they stand in
 * one section, and the section after it holds, as u32, where every sixteenth begins. A string is thus found
 * by one offset and at most fifteen steps, and a pool costs a byte a string above its content. In a
 * front-coded pool, which is sorted, the length is preceded by the number of bytes shared with the string
 * before (0 in the first of each sixteen).
 *
 * Everything is deduplicated by content and referred to by number, and sorted so that neighbours are alike:
 * that makes the file small, and smaller when compressed. What a number refers to depends on the build;
 * digests are therefore taken over the values.
 */
#ifndef ASSAY_ADVISORY_FORMAT_H
#define ASSAY_ADVISORY_FORMAT_H

#include <stdint.h>

#include "base/str.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the database is read in place and is little endian");

#define DB_MAGIC "assaydb\n"

enum {
    DB_VERSION = 1,
    DB_BLOCK = 16,             /* strings of a pool between two offsets */
    DB_ID_MAX = 512,           /* bytes of an id */
    DB_TEXT_MAX = 64 << 10,    /* bytes of any other string */
    DB_LINK_MAX = 4 << 10,     /* bytes of a reference's URL; longer ones are left out */
    DB_LIST_MAX = 1 << 17,     /* items of any list of one advisory */
    DB_PROSE_MAX = 4 << 20,    /* bytes of one advisory's summary and details */
    DB_PROSE_BLOCK = 16 << 10, /* bytes of prose compressed together, unless one advisory has more */
    DB_PACKAGE_MAX = 1 << 20,  /* entries of one package */
};

enum db_section_kind {
    /* Pools, each followed by its offsets. */
    SECTION_FEEDS, /* name, url, licence, digest, state, date */
    SECTION_FEEDS_AT,
    SECTION_TEXT, /* ecosystems, names, versions and all words; sorted; number 0 is the empty string */
    SECTION_TEXT_AT,
    SECTION_IDS, /* ids of the records, sorted, so that a record has the number of its id; then, sorted, all
                    other ids that records mention */
    SECTION_IDS_AT,
    SECTION_LINKS, /* front-coded: number of the kind as one byte, then the URL; bytes below LINK_TEMPLATES
                      stand for ids of the record */
    SECTION_LINKS_AT,
    SECTION_KINDS, /* kinds of links */
    SECTION_KINDS_AT,
    SECTION_SEVERITIES, /* source, rating and vector (text) */
    SECTION_SEVERITIES_AT,
    SECTION_RANGES, /* sets of ranges: for each RANGE_* and the bounds it announces (text); number 0 is the
                       empty set */
    SECTION_RANGES_AT,
    SECTION_VERSIONS, /* lists of versions (text); number 0 is the empty list */
    SECTION_VERSIONS_AT,
    SECTION_SHAPES, /* what else an entry states: scheme, module, arch, qualifier (text), fix state * 2 +
                       binary, version list, severities */
    SECTION_SHAPES_AT,
    SECTION_RECORDS, /* RECORD_* and what it announces; see record.c */
    SECTION_RECORDS_AT,
    SECTION_MENTIONS, /* for each id the records that have it as alias (2 * record) or upstream (2 * record +
                         1) */
    SECTION_MENTIONS_AT,
    SECTION_PROSE, /* zstd frames; the offsets (here one for each, and the end) count bytes */
    SECTION_PROSE_AT,
    /* Columns. */
    SECTION_RECORD_DIGEST,     /* u64: everything but its packages and EPSS */
    SECTION_PACKAGE_ECOSYSTEM, /* text; packages are sorted by ecosystem, then name */
    SECTION_PACKAGE_NAME,      /* text */
    SECTION_PACKAGE_FIRST,     /* its first entry; one more than there are packages */
    SECTION_PACKAGE_DIGEST,    /* u64: everything that a match depends on */
    SECTION_PACKAGE_HASH,      /* package_hash(), sorted */
    SECTION_PACKAGE_OF_HASH,   /* the package of each hash */
    SECTION_AFFECTED_RECORD,   /* entries, by package, then record */
    SECTION_AFFECTED_RANGES,
    SECTION_AFFECTED_SHAPE,
    SECTION_EPSS_CVE,   /* cve_pack(), sorted */
    SECTION_EPSS_LEVEL, /* the level of each: scores are few, and the percentile follows from the score */
    SECTION_EPSS_SCORE, /* of each level, in 1e-5 */
    SECTION_EPSS_PERCENTILE, /* of each level, in 1e-5 */
    SECTION_SOURCE_HASH,     /* package_hash() of ecosystem and binary package, sorted; source.h */
    SECTION_SOURCE_ECOSYSTEM,
    SECTION_SOURCE_BINARY, /* text, as all that follow */
    SECTION_SOURCE_NAME,
    SECTION_SOURCE_FROM,
    SECTION_SOURCE_TO,
    SECTION_COUNT,
    SECTION_COUNT_FIRST = SECTION_SOURCE_HASH, /* no file has fewer */
    SECTION_COUNT_MAX = 1000,
};

enum {
    RANGE_INTRODUCED = 1,
    RANGE_FIXED = 2,
    RANGE_LAST = 4,
    RANGE_AFTER = 8,
};

/* In the order in which they follow. Numbers are varints, dates days and, unless at midnight, seconds. */
enum {
    RECORD_PUBLISHED = 1 << 0,
    RECORD_MODIFIED = 1 << 1,
    RECORD_WITHDRAWN = 1 << 2,
    RECORD_URL = 1 << 3,    /* link */
    RECORD_LISTS = 1 << 4,  /* six flags from here, one for each of enum db_list */
    RECORD_KEV = 1 << 10,   /* added, due, ransomware, action (text) */
    RECORD_SSVC = 1 << 11,  /* text */
    RECORD_PROSE = 1 << 12, /* block, offset, length of the summary, length of the details */
    RECORD_KNOWN = (1 << 13) - 1,
};

enum db_list {
    LIST_ALIASES,
    LIST_UPSTREAM,
    LIST_RELATED,
    LIST_SEVERITIES,
    LIST_CWES,
    LIST_LINKS,
    LIST_COUNT
};

/* In a link, byte 1 stands for the id of the record, 2.. for its first aliases, 9.. for its first upstream
 * ids. */
enum {
    LINK_ID = 1,
    LINK_ALIAS = 2,
    LINK_ALIASES = 7,
    LINK_UPSTREAM = 9,
    LINK_UPSTREAMS = 7,
    LINK_TEMPLATES = 16
};

enum { DB_FACTS_ONLY = 1 };

struct db_header {
    char magic[8];
    uint32_t version, n_sections;
    uint64_t size;       /* of the file */
    char generation[32]; /* hex digits */
    int64_t built;
    uint32_t flags, reserved;
    uint64_t n_vulnerabilities, n_kev;
    uint64_t
        checksum; /* XXH3 of this header with a checksum of zero, then of the table with that as its seed */
};

struct db_section {
    uint64_t offset, size;
    uint64_t count; /* strings or elements */
    uint64_t checksum;
};

/* What packages are found by. */
uint32_t package_hash(struct str ecosystem, struct str name);

/* "CVE-2021-44228" as one number; false for what is not a CVE id. */
bool cve_pack(struct str id, uint32_t *ret_packed);
/* Back, into `ret_text` of at least 24 bytes. */
struct str cve_unpack(uint32_t packed, char *ret_text);

/* CWE ids are packed into two numbers: 2 * n for "CWE-n", 2 * text + 1 for anything else. */
bool cwe_number(struct str cwe, uint32_t *ret_number);

#endif
