/* Criteria taken apart: what criteria.c read, and what criteria_sql.c makes of it. Private to the lists of
 * findings and coverage; everybody else needs criteria.h only.
 *
 * SQL is written over the aliases f (finding), c (coverage) and r (the resource of either).
 */
#ifndef ASSAY_STORE_CONDITION_H
#define ASSAY_STORE_CONDITION_H

#include "base/vec.h"
#include "store/criteria.h"
#include "store/facet.h"

/* When a resource was last checked: by a scan, or since then by an update of the advisories, as of when all
 * findings hold (monitor/freshness.h). */
#define EVALUATED "(SELECT CAST(e.value AS BIGINT) FROM property e WHERE e.name = 'evaluated')"
#define LAST_CHECKED                                                                                         \
    "(CASE WHEN c.reason = 0 AND c.last_scanned < " EVALUATED " THEN " EVALUATED " ELSE c.last_scanned END)"

enum entry_type { ENTRY_STRING, ENTRY_NUMBER, ENTRY_DATE, ENTRY_MAP, ENTRY_PORTS, ENTRY_PACKAGE };
enum comparison { IS_EQUAL, HAS_PREFIX, IS_NOT_EQUAL, COMPARISONS };

/* Where what a key means is found. */
enum place_of {
    IN_NOTHING,   /* no finding has it: code findings, organizations */
    IN_ACCOUNT,   /* the account's id */
    IN_PROVIDER,  /* always AWS */
    IN_PARTITION, /* of this place */
    IN_NAMES,     /* a number with names */
    IN_COLUMN,    /* of f, c or r */
    IN_ARN,       /* the finding's key */
    IN_VALUES,    /* resource_value */
    IN_TAGS,      /* resource_tag */
    IN_RELATED,   /* vulnerability_related */
    IN_STEPS,     /* finding_step */
    IN_PORTS,     /* port_begin, port_end */
    IN_PACKAGES   /* finding_package with its package */
};

/* How the findings of one entry are found without looking at others. */
enum find {
    FIND_NOT,
    FIND_COLUMN,   /* an index of finding by the column */
    FIND_FACET,    /* an index of finding by facet and column; */
    FIND_TITLE,    /* that of the vulnerability's id, or of titles without one */
    FIND_ARN,      /* resources, by the key that the ARN begins with; */
    FIND_RESOURCE, /* by an index of resource; */
    FIND_VALUE,    /* by resource_value; */
    FIND_TAG,      /* by resource_tag */
    FIND_RELATED,
    FIND_STEP,
    FIND_PACKAGE
};

struct criteria_key {
    const char *name;
    enum entry_type type;
    enum place_of in;
    const char *column;
    const struct names *names;
    enum facet_field facet;
    unsigned resource_types; /* bits: only such resources have it; 0: all */
    unsigned finding_types;  /* bits: only such findings have it; 0: all */
    enum find find;
    int value_kind; /* IN_VALUES */
};

struct range {
    bool has_from, has_to;
    double from, to;
};
enum package_part {
    PART_NAME,
    PART_VERSION,
    PART_RELEASE,
    PART_ARCHITECTURE,
    PART_LAYER,
    PART_LAMBDA_LAYER,
    PART_PATH,
    PART_EPOCH,
    PACKAGE_PARTS
};
struct entry {
    enum comparison comparison;
    bool stated, has_value;
    struct str key, value;
    struct range range;
    struct entry *parts; /* PACKAGE_PARTS of them */
};
struct condition {
    const struct criteria_key *key;
    struct entry *at;
    size_t n;
};
struct criteria {
    struct condition *at;
    size_t n;
    uint64_t digest; /* of all that was read: the same for criteria that mean the same to the letter */
};

/* SQL being written, with the values of its parameters; ?1 is the account. */
struct parameter {
    enum { PARAMETER_INT, PARAMETER_DOUBLE, PARAMETER_STR, PARAMETER_BLOB } type;
    int64_t number;
    double real;
    struct str text;
};
struct query_text {
    struct buf text;
    VEC(struct parameter) parameters;
    struct arena *arena;
    const struct place *place;
    account_id account;
    const char *resource; /* "f.resource" or "c.resource" */
};
enum { QUERY_TEXT_MAX = 4 << 20 };
struct query_text query_text_new(struct arena *a, struct sql *db, account_id account, const char *resource);
void query_text_free(struct query_text *q);
void query_add(struct query_text *q, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Write "?N" for a value. */
void query_int(struct query_text *q, int64_t value);
void query_real(struct query_text *q, double value);
void query_str(struct query_text *q, struct str value);
void query_blob(struct query_text *q, struct str blob);
/* Prepared, with the parameters bound; the text may go afterwards. */
struct statement *query_prepare(struct query_text *q, struct sql *db);

/* Whether entries take this value; `absent`: there is none. */
bool condition_takes(const struct condition *c, struct str value, bool absent);
/* Bits of the numbers whose names are taken. */
uint64_t names_taken(const struct condition *c);
/* Whether it is met by values, and not by there being none such (NOT_EQUALS). */
bool entry_positive(const struct entry *e);
/* Whether any entry is. */
bool condition_positive(const struct condition *c);
/* 1 or 0 when the condition holds for all or for none, whatever the rows; else -1. */
int condition_constant(const struct query_text *q, const struct condition *c);
/* " AND (...)" */
void condition_write(struct query_text *q, const struct condition *c);
/* " AND column >= ... AND column <= ..." of a condition on the column, or (FIND_TITLE) on the title, when the
 * column is the vulnerability's id: no value beyond these meets it. */
bool condition_bounds(const struct condition *c, const char *column);
void condition_write_bounds(struct query_text *q, const struct condition *c, bool low, bool high);
/* Strings, numbers and dates over any SQL expression, for those who have one: aggregations. */
void entries_write(struct query_text *q, enum entry_type type, const char *sql, const struct entry *at,
                   size_t n);
/* Tags of the resource. */
void entries_write_tags(struct query_text *q, const struct entry *at, size_t n);
/* Whether condition_find() finds resources: only their findings can meet it. */
bool condition_on_resource(const struct condition *c);
/* Whether condition_find() goes by facets. */
bool condition_by_facet(const struct condition *c);
/* Whether r is needed. */
bool condition_needs_resource(const struct condition *c);
/* Narrows the set; returns whether that says all that the condition does. */
bool condition_facets(const struct condition *c, struct facet_set *set);
/* Writes a SELECT of ids that has all findings of entry `i`, perhaps more; condition_by_facet: those of
 * the facet that is the parameter ?2; condition_on_resource: the resources that have them. Without LIMIT.
 * False when there is no such way. */
bool condition_find(struct query_text *q, const struct condition *c, size_t i);

/* Reads a list of entries of one type from JSON: 1..20 of them. `path` names it in errors. */
void entries_read(struct arena *a, enum entry_type type, bool prefixes, json_val *list, struct str path,
                  struct field_errors *errors, struct entry **ret_at, size_t *ret_n);

/* What criteria_sql.c and criteria_find.c both write: an entry over any SQL expression. */
void query_add_string(struct query_text *q, const char *sql, const struct entry *e);
void query_add_range(struct query_text *q, enum entry_type type, const char *sql, const struct range *r);
void query_add_ports(struct query_text *q, const struct range *r);
void query_add_bound(struct query_text *q, enum entry_type type, bool high, double value);
/* No string that begins so is beyond. */
struct str prefix_end(struct query_text *q, struct str prefix);
/* Keys of findings whose ARNs begin with `arn`: from ret_low to ret_high, which are equal for a whole ARN. */
bool arn_keys(const struct query_text *q, struct str arn, struct str *ret_low, struct str *ret_high);
/* "0, 2" of the bits 0 and 2. */
const char *types_text(struct query_text *q, unsigned types);
/* Over h (finding_package) and p (package). */
extern const char *const package_part_sql[PACKAGE_PARTS];

#endif
