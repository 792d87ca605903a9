#include "monitor/epss.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "store/access.h"

enum {
    ROWS_AT_ONCE = 500,
    ROWS_TOGETHER = 5000,       /* vulnerabilities */
    FINDINGS_TOGETHER = 500000, /* of an account */
    BETWEEN_LOOKS = 64,         /* at the clock */
};

struct moved_row {
    int64_t vulnerability;
    double epss;
};

struct moved_finding {
    int64_t id;
    uint32_t row;
};

/* Some vulnerabilities get their scores, then their findings of one account after the other do, in the order
 * of their ids whichever vulnerability they are of: those of a host are neighbours, and their page is written
 * once for all of them. */
struct epss_move {
    const struct db *advisories;
    const struct str *cves;
    size_t n_cves, cve_at;
    bool whole;
    int64_t row_after; /* whole: vulnerability above which */
    VEC(struct moved_row) rows;
    size_t row_at; /* findings of those before are in `findings` */
    account_id account;
    VEC(struct moved_finding) findings;
    size_t at;
};

struct epss_move *epss_move_new(const struct db *advisories, const struct str *cves, size_t n, bool whole)
{
    struct epss_move *m = mem_alloc(sizeof *m);
    m->advisories = advisories;
    m->cves = cves;
    m->n_cves = n;
    m->whole = whole;
    return m;
}

void epss_move_free(struct epss_move *m)
{
    if (!m)
        return;
    vec_free(&m->rows);
    vec_free(&m->findings);
    free(m);
}

/* ---- vulnerabilities ---- */

/* The next vulnerabilities whose score may have moved; none: there are no more. */
static size_t list_rows(struct epss_move *m, struct sql *db, struct arena *a, int64_t **ret_rows)
{
    size_t n = 0;
    if (m->whole) {
        n = vulnerability_list(db, a, m->row_after, ROWS_AT_ONCE, ret_rows);
        if (n)
            m->row_after = (*ret_rows)[n - 1];
        return n;
    }
    while (!n && m->cve_at < m->n_cves)
        n = vulnerability_named(db, a, m->cves[m->cve_at++], ret_rows);
    return n;
}

/* False when there are no more. */
static bool next_rows(struct epss_move *m, const struct slice *slice)
{
    size_t n = 1;
    m->rows.n = 0;
    while (n && m->rows.n < ROWS_TOGETHER && !slice_is_over(slice)) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        int64_t *rows;
        n = list_rows(m, slice->db, a, &rows);
        for (size_t i = 0; i < n; i++) {
            double score = -1, percentile;
            db_epss(m->advisories, vulnerability_name(slice->db, a, rows[i]), &score, &percentile);
            vulnerability_set_epss(slice->db, rows[i], score);
            vec_add(&m->rows, (struct moved_row){rows[i], score});
        }
    }
    m->row_at = m->rows.n;
    m->account = -1; /* before the first one, which may be 000000000000 */
    return n || m->rows.n;
}

/* ---- findings ---- */

static int by_id(const void *left, const void *right)
{
    const struct moved_finding *a = left, *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

static void next_findings(struct epss_move *m, struct sql *db)
{
    m->findings.n = m->at = 0;
    for (; m->row_at < m->rows.n && m->findings.n < FINDINGS_TOGETHER; m->row_at++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        int64_t *ids;
        size_t n = finding_of_vulnerability(db, a, m->account, m->rows.at[m->row_at].vulnerability, &ids);
        for (size_t i = 0; i < n; i++)
            vec_add(&m->findings, (struct moved_finding){ids[i], (uint32_t)m->row_at});
    }
    if (m->findings.n)
        qsort(m->findings.at, m->findings.n, sizeof *m->findings.at, by_id);
}

static int move(struct epss_move *m, const struct slice *slice, int64_t now, struct engine_work *work)
{
    struct finding_batch *batch = finding_batch_new(slice->db, m->account, now);
    for (; m->at < m->findings.n && (m->at % BETWEEN_LOOKS || !slice_is_over(slice)); m->at++) {
        const struct moved_finding *f = &m->findings.at[m->at];
        const struct moved_row *row = &m->rows.at[f->row];
        work->findings_touched += finding_set_epss(batch, f->id, row->vulnerability, row->epss);
    }
    int status = engine_rules_epss_moved(slice->db, m->account, batch);
    finding_batch_end(batch);
    return status;
}

int epss_move_slice(struct epss_move *m, const struct slice *slice, int64_t now, struct engine_work *work,
                    bool *ret_done)
{
    int status = sql_status(slice->db);
    *ret_done = false;
    while (status == 0 && !*ret_done && !slice_is_over(slice)) {
        if (m->at < m->findings.n) {
            status = move(m, slice, now, work);
        } else if (m->row_at < m->rows.n) {
            next_findings(m, slice->db);
        } else if (m->rows.n && account_next(slice->db, m->account, &m->account)) {
            m->row_at = 0;
        } else {
            *ret_done = !next_rows(m, slice);
        }
    }
    return status < 0 ? status : sql_status(slice->db);
}
