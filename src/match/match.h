/* Inventory x advisory database -> matches, each with its reason; and matches -> findings.
 *
 * A match is one advisory that touches one package. A finding is one vulnerability on one package: matches
 * whose advisories are aliases of each other, or speak of the same CVE, are one finding.
 */
#ifndef ASSAY_MATCH_MATCH_H
#define ASSAY_MATCH_MATCH_H

#include "advisory/db.h"
#include "ecosystem/inventory.h"
#include "version/version.h"

enum verdict {
    VERDICT_AFFECTED,
    VERDICT_UNKNOWN, /* a version did not parse, or is not known: reported as such, never dropped */
};

struct match {
    uint32_t package;  /* index into inventory.packages */
    uint32_t record;   /* of the database */
    uint32_t affected; /* of the database */
    enum verdict verdict;
    enum fix_state fix;
    struct str fixed;     /* the version that fixes it; empty: none known */
    struct str compared;  /* the version that was compared (of the source package for many distributions) */
    struct str name;      /* the name that was looked up */
    struct str ecosystem; /* in which it was looked up: "Debian:12" */
    struct str scheme;    /* version scheme used */
    struct str range; /* the interval that holds it, in words: ">= 1.0, < 1.2.3"; or "version 1.2 is listed";
                         for VERDICT_UNKNOWN why it is unknown */
};

/* One vulnerability on one package. */
struct finding {
    struct str id;                /* the CVE; else the GHSA or the publisher's own id */
    uint32_t package;             /* index into inventory.packages */
    const struct match **matches; /* the ones it is made of, the publisher's own first */
    size_t n_matches;
    enum verdict verdict;
    enum fix_state fix;
    struct str fixed;    /* the lowest version that ends all matches; empty: none */
    struct str severity; /* Inspector's: CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNTRIAGED */
    double score;        /* of `vector`; < 0 when there is none */
    struct str vector;   /* the CVSS vector used */
    struct str vector_source;
    struct str rating;            /* the publisher's word, where it rates in words */
    double epss, epss_percentile; /* < 0 when unknown */
    bool kev, exploit;            /* in CISA's catalogue; public exploit known */
    int64_t kev_added, kev_due;
    const struct str *aliases; /* other ids of the same flaw */
    size_t n_aliases;
    struct str title, description; /* set by findings_describe(): from prose, else written from the facts */
    int64_t published, modified;
    struct str source; /* feed of the first match */
    struct str source_url;
    struct str ignored; /* reason, when a rule ignores it; else empty */
};

struct findings {
    struct arena *arena;
    size_t judged;     /* packages that were looked up */
    size_t owned;      /* language packages left to the distribution package that owns them */
    size_t unresolved; /* without a version to compare */
    size_t uncovered;  /* of which the database holds no ecosystem */
    VEC(struct finding)
    findings; /* sorted by what to do first: known exploited, then score, then id and package */
};

/* Matches every package that no distribution package owns. The result points into `inv` and `db`, which
 * outlive it. */
int match_inventory(const struct inventory *inv, const struct db *db, struct findings **ret_findings);
void findings_free(struct findings *f);
/* Fills in title and description of every finding. Apart, because prose has to be decompressed. */
void findings_describe(struct findings *f, const struct inventory *inv, const struct db *db);
/* The prose of one finding, in the arena; empty where the database has none: for tables, which show few. */
struct str finding_prose(struct arena *a, const struct db *db, const struct finding *f);
static inline void findings_cleanup(struct findings **f)
{
    if (*f)
        findings_free(*f);
}

/* Where a package is looked up: ecosystem as the database spells it, name and version as that ecosystem
 * compares them. Slices point into the arena, the inventory or literals. */
struct match_key {
    struct str ecosystem, name, version;
    const struct version_scheme *scheme;
};

/* The keys of a package, at most `max` (MATCH_KEYS is enough for all); 0 when nobody publishes advisories for
 * such a package, or when it has no version to compare, which both are reported as not judged. */
enum { MATCH_KEYS = 2 };
size_t match_keys(struct arena *a, const struct inventory *inv, const struct package *p,
                  struct match_key *ret_keys, size_t max);

/* What one affected entry says of one version. */
struct evaluation {
    bool affected, unknown; /* neither: the entry does not hold the version */
    enum fix_state fix;
    struct str fixed;  /* first version without the flaw; empty: none known */
    struct str reason; /* the interval that holds the version, or why it is in none, or why that is unknown */
};
/* Never fails: what cannot be decided is `unknown`. The reason is allocated from the arena; why an entry does
 * not hold the version is only said to those who ask to `explain`. */
struct evaluation match_evaluate(struct arena *a, const struct match_key *key, const struct package *p,
                                 const struct advisory_affected *affected, bool explain);

/* Rules to ignore findings (a TOML file of [[ignore]] tables: id, package, path, expires, reason). Marks what
 * they ignore. Rules past their date no longer count; *ret_expired (may be NULL) is how many those are. */
int match_ignore(struct findings *f, const struct inventory *inv, const char *path, int64_t now,
                 size_t *ret_expired);

#endif
