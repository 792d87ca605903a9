#include "api/metrics.h"

#include <dirent.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "store/job.h"

enum { COVERAGE_SECONDS = 60 };

static void family(struct buf *to, const char *name, const char *type, const char *help)
{
    buf_printf(to, "# HELP assay_%s %s\n# TYPE assay_%s %s\n", name, help, name, type);
}

static void number(struct buf *to, const char *name, const char *type, const char *help, double value)
{
    family(to, name, type, help);
    buf_printf(to, "assay_%s %.15g\n", name, value);
}
#define GAUGE(name, help, value)   number(to, name, "gauge", help, (double)(value))
#define COUNTER(name, help, value) number(to, name, "counter", help, (double)(value))

static void write_server(const struct native *n, struct buf *to)
{
    const struct server *server = n->options->server ? *n->options->server : NULL;
    if (!server)
        return;
    struct server_counts c = server_counts(server);
    COUNTER("http_connections_total", "Connections accepted.", c.connections);
    COUNTER("http_requests_total", "Requests received.", c.requests);
    COUNTER("http_refused_total", "Requests refused before they were handled.", c.refused);
    GAUGE("http_connections", "Connections open.", c.open);
}

static void write_findings(struct sql *db, struct buf *to)
{
    struct counts c;
    summary_findings(db, &c);
    family(to, "findings", "gauge", "Active findings by severity.");
    buf_printf(to,
               "assay_findings{severity=\"CRITICAL\"} %lld\nassay_findings{severity=\"HIGH\"} %lld\n"
               "assay_findings{severity=\"MEDIUM\"} %lld\nassay_findings{severity=\"OTHER\"} %lld\n",
               (long long)c.critical, (long long)c.high, (long long)c.medium,
               (long long)(c.total - c.critical - c.high - c.medium));
    GAUGE("findings_exploitable", "Active findings for which an exploit is known.", c.exploitable);
    GAUGE("findings_fixable", "Active findings that an upgrade ends.", c.fixable);
}

static void write_jobs(struct sql *db, struct buf *to, int64_t now)
{
    struct job_counts c = job_count(db);
    family(to, "jobs", "gauge", "Jobs by state.");
    buf_printf(to,
               "assay_jobs{state=\"READY\"} %lld\nassay_jobs{state=\"RUNNING\"} %lld\n"
               "assay_jobs{state=\"FAILED\"} %lld\n",
               (long long)c.ready, (long long)c.leased, (long long)c.poison);
    int64_t age = c.oldest_due == TIME_NONE || c.oldest_due > now ? 0 : now - c.oldest_due;
    GAUGE("job_oldest_seconds", "For how long the oldest ready job has been due.", age);
}

/* Counted anew when the last count is old. */
static void count_coverage(struct native *n, struct sql *db, int64_t now)
{
    if (n->coverage_at != TIME_NONE && now - n->coverage_at < COVERAGE_SECONDS)
        return;
    arena_free(n->coverage_arena);
    n->coverage_arena = arena_new(0);
    n->n_coverage = summary_coverage(db, n->coverage_arena, &n->coverage);
    n->coverage_at = now;
}

static void write_coverage(struct native *n, struct sql *db, struct buf *to, int64_t now)
{
    family(to, "resources", "gauge", "Resources by type and coverage, counted once a minute.");
    pthread_mutex_lock(&n->counting);
    count_coverage(n, db, now);
    for (size_t i = 0; i < n->n_coverage; i++) {
        const struct coverage_summary *c = &n->coverage[i];
        buf_printf(to, "assay_resources{type=\"%s\",status=\"%s\",reason=\"%s\"} %lld\n",
                   name_of(&resource_type_names, c->type), name_of(&scan_status_names, c->status),
                   name_of(&scan_reason_names, c->reason), (long long)c->n);
    }
    pthread_mutex_unlock(&n->counting);
}

static void write_monitor(struct monitor *monitor, struct buf *to, int64_t now)
{
    struct monitor_state s;
    monitor_state(monitor, &s);
    family(to, "advisories_info", "gauge", "The generation of the advisory database in use.");
    buf_printf(to, "assay_advisories_info{generation=\"%s\"} 1\n", s.generation);
    GAUGE("advisories_age_seconds", "Age of the advisory database.", now - s.built);
    if (s.newest_feed != TIME_NONE)
        GAUGE("advisories_newest_feed_age_seconds", "Age of the newest feed.", now - s.newest_feed);
    if (s.oldest_feed != TIME_NONE)
        GAUGE("advisories_oldest_feed_age_seconds", "Age of the oldest feed.", now - s.oldest_feed);
    GAUGE("advisories_stale", "1 when advisories are older than they may be.", s.stale);
    GAUGE("advisories_update_failed", "1 when the last update failed.", s.update_error[0] != 0);
    COUNTER("artefacts_read_total", "Layers and zips read.", s.artefacts_read);
    COUNTER("packages_judged_total", "Distinct packages judged.", s.packages_judged);
    COUNTER("jobs_done_total", "Jobs done.", s.jobs_done);
    COUNTER("jobs_failed_total", "Attempts of jobs that failed.", s.jobs_failed);
}

static unsigned long open_files(void)
{
    unsigned long n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n > 3 ? n - 3 : 0; /* ".", ".." and its own */
}

/* The names that Prometheus' own clients give to these. */
static void write_process(struct buf *to)
{
    unsigned long pages = 0;
    _cleanup_file_ FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%*u %lu", &pages) == 1)
        buf_printf(to, "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %lu\n",
                   pages * (unsigned long)sysconf(_SC_PAGESIZE));
    buf_printf(to, "# TYPE process_open_fds gauge\nprocess_open_fds %lu\n", open_files());
}

int metrics_write(struct native *n, struct store *store, struct monitor *monitor, struct buf *to)
{
    int64_t now = time_now();
    GAUGE("store_writable", "1 when changes can be written.", store_writable(store) == 0);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(store);
    write_server(n, to);
    write_findings(db, to);
    write_coverage(n, db, to, now);
    write_jobs(db, to, now);
    GAUGE("events_seq", "The number of the last event.", event_last(db));
    GAUGE("events_listeners", "Who listens to events now.", listeners_count(n->listeners));
    write_monitor(monitor, to, now);
    write_process(to);
    return sql_status(db);
}
