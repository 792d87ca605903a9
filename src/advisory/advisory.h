/* One advisory as a feed states it, and as the database gives it back. Plain data: whoever builds it owns it;
 * slices that the database gives back point into the mapped file.
 *
 * There are two sorts, kept in one table: an advisory proper (GHSA-..., DSA-..., ALSA-..., DEBIAN-CVE-...)
 * names affected packages; a vulnerability record (CVE-...) carries what NVD, the CVE list, CISA and others
 * say about the CVE itself, from several feeds, merged by id.
 */
#ifndef ASSAY_ADVISORY_ADVISORY_H
#define ASSAY_ADVISORY_ADVISORY_H

#include "base/str.h"
#include "base/time.h"

/* What the publisher says of a fix. */
enum fix_state {
    FIX_UNSTATED,     /* the ranges say all there is */
    FIX_FIXED,        /* fixed in the range's end */
    FIX_UNFIXED,      /* affected, no fix yet (Debian "open", Ubuntu needed/pending/deferred) */
    FIX_NO_DSA,       /* Debian: fix comes with a point release, if at all */
    FIX_POSTPONED,    /* Debian */
    FIX_IGNORED,      /* won't fix */
    FIX_END_OF_LIFE,  /* the release or package is no longer supported */
    FIX_NOT_AFFECTED, /* stated explicitly; overrides other statements of the same publisher */
};
const char *fix_state_name(enum fix_state state);

/* One interval of versions. Bounds as the feed writes them; empty where absent. An interval with neither end
 * is open: everything from `introduced` on is affected ("0" or empty: from the beginning). */
struct advisory_range {
    struct str introduced;    /* first affected version, inclusive */
    struct str fixed;         /* first version not affected any more, exclusive */
    struct str last_affected; /* last affected version, inclusive; never together with `fixed` */
    bool after;               /* `introduced` is exclusive: NVD's versionStartExcluding */
};

/* A CVSS vector or another publisher's rating. */
struct advisory_severity {
    struct str source; /* who scored: "nvd@nist.gov", "GHSA", "134c704f-9b21-4f2e-91b3-4a467353bcc0"
                          (CISA-ADP), "debian" */
    struct str vector; /* "CVSS:3.1/AV:N/..." or CVSS 2's "AV:N/AC:L/..."; empty for a word */
    struct str rating; /* "moderate", "unimportant", "medium"; empty where there is a vector only */
};

struct advisory_reference {
    struct str kind; /* OSV's: ADVISORY, FIX, WEB, EVIDENCE, ...; "EXPLOIT" for public exploits */
    struct str url;
};

struct advisory_affected {
    struct str ecosystem; /* OSV's spelling with the release: "Debian:12", "Alpine:v3.19", "Amazon
                             Linux:2023", "npm", "cpe" */
    struct str name; /* as the ecosystem writes it, normalised (PEP 503 for PyPI, lower case where it folds
                        case); for distributions the source package where the feed speaks of source packages;
                        "vendor:product" for cpe */
    struct str
        scheme; /* version scheme of the ranges: "semver" for SEMVER ranges; empty: the ecosystem's own */
    struct str module; /* rpm module stream "nodejs:18", several with a blank between; or empty */
    struct str arch;   /* only on this architecture; or empty */
    struct str purl_type_qualifier; /* which builds it speaks of, as purls qualify them: the repository
                                       "repo=amzn2extra-docker", for cpe "target_sw=node.js"; or empty */
    enum fix_state fix;
    bool binary; /* `name` is a binary package, not a source package */
    const struct advisory_range *ranges;
    size_t n_ranges;
    const struct str *versions; /* affected in addition to the ranges */
    size_t n_versions;
    const struct advisory_severity *severities; /* for this package in particular */
    size_t n_severities;
};

struct advisory_kev {
    int64_t added, due; /* TIME_NONE: not in CISA's catalogue */
    bool ransomware;
    struct str action; /* prose: what CISA requires */
};

struct advisory {
    struct str id;
    struct str source_url;                  /* the advisory's own page; or empty */
    int64_t published, modified, withdrawn; /* TIME_NONE where absent */
    const struct str *aliases;              /* the same flaw under another id */
    size_t n_aliases;
    const struct str *upstream; /* the flaws it speaks of: CVEs of a DSA, ALSA, ALAS */
    size_t n_upstream;
    const struct str *related;
    size_t n_related;
    const struct advisory_severity *severities;
    size_t n_severities;
    const struct str *cwes; /* "CWE-79" */
    size_t n_cwes;
    const struct advisory_reference *references;
    size_t n_references;
    struct str summary, details; /* prose; absent from a facts-only database */
    const struct advisory_affected *affected;
    size_t n_affected;
    struct advisory_kev kev;
    struct str ssvc; /* CISA's decision points "exploitation=active;automatable=yes;impact=total"; or empty */
};

#endif
