/* assay db info: what the database holds, and from where. */
#include "base/cleanup.h"
#include "cmd/db.h"

static void print_line(struct page *p, const char *name, const char *value)
{
    page_print(p, DIM, "%-12s", name);
    page_print(p, PLAIN, "%s\n", value);
}

static const char *count(struct page *p, uint64_t n)
{
    return text_count(p->arena, n).p;
}

static void print_counts(struct page *p, const struct db *db)
{
    struct db_counts c;
    char built[TIME_TEXT];
    db_counts(db, &c);
    print_line(p, "generation", arena_cstr(p->arena, db_generation(db)));
    print_line(p, "built", time_format(db_built(db), built));
    print_line(p, "prose", db_facts_only(db) ? "none: facts only" : "with descriptions");
    print_line(p, "size", arena_printf(p->arena, "%s bytes", count(p, c.bytes)).p);
    print_line(p, "advisories",
               arena_printf(p->arena, "%s on %s packages in %s entries", count(p, c.advisories),
                            count(p, c.packages), count(p, c.affected))
                   .p);
    print_line(p, "CVE records",
               arena_printf(p->arena, "%s, %s known to be exploited (KEV)", count(p, c.vulnerabilities),
                            count(p, c.kev))
                   .p);
    if (c.sources)
        print_line(p, "sources", arena_printf(p->arena, "of %s binary packages", count(p, c.sources)).p);
    print_line(p, "EPSS", arena_printf(p->arena, "%s scores", count(p, c.epss)).p);
}

/* More files of one feed than this, all alike, are told in one row. */
enum { RUN_MAX = 10, NAME_WIDTH = 26, DATE_WIDTH = 12, LICENCE_WIDTH = 20 };

static struct str feed_of(struct str name)
{
    ptrdiff_t slash = str_find(name, '/');
    return slash < 0 ? name : str_slice(name, 0, (size_t)slash);
}

static bool is_sound(const struct db_feed *feed)
{
    return str_is(feed->state, "ok");
}

/* How many files from number `from` on belong to one feed, under one licence and sound; *ret_oldest is the
 * date of the oldest. */
static uint32_t run_of(const struct db *db, uint32_t from, const struct db_feed *first, int64_t *ret_oldest)
{
    struct db_feed feed;
    uint32_t n = 1;
    *ret_oldest = first->date;
    if (!is_sound(first))
        return n;
    for (; db_feed_at(db, from + n, &feed); n++) {
        if (!is_sound(&feed) || !str_eq(feed_of(feed.name), feed_of(first->name)) ||
            !str_eq(feed.licence, first->licence))
            break;
        if (feed.date < *ret_oldest)
            *ret_oldest = feed.date;
    }
    return n;
}

static void print_feed(struct page *p, struct str name, int64_t date, const struct db_feed *feed)
{
    db_cell_whole(p, name, NAME_WIDTH, 0);
    page_blank(p, 1);
    page_cell(p, PLAIN, db_date(p->arena, date), DATE_WIDTH);
    page_cell(p, PLAIN, feed->licence.n ? feed->licence : STR("none stated"), LICENCE_WIDTH);
    page_blank(p, 1);
    bool used = str_starts(feed->state, STR("ok")); /* "ok, 2 records skipped: ..." */
    page_print(p, is_sound(feed) ? GREEN : YELLOW, "%s\n",
               is_sound(feed) ? "ok"
               : used         ? "ok, see below"
                              : "see below");
}

/* What is wrong, in full. */
static void print_states(struct page *p, const struct db *db)
{
    struct db_feed feed;
    bool any = false;
    for (uint32_t i = 0; db_feed_at(db, i, &feed); i++) {
        if (is_sound(&feed))
            continue;
        fputs(any ? "" : "\n", p->to);
        any = true;
        page_cell(p, YELLOW, feed.name, -p->columns);
        fputs("\n    ", p->to);
        db_wrap(p, feed.state, 4);
    }
}

static void print_feeds(struct page *p, const struct db *db, bool all)
{
    struct db_feed feed;
    int64_t oldest;
    page_print(p, BOLD, "\n%-*s %-*s%-*s %s\n", NAME_WIDTH, "FEED", DATE_WIDTH, "DATE", LICENCE_WIDTH,
               "LICENCE", "STATE");
    for (uint32_t i = 0, n; db_feed_at(db, i, &feed); i += n) {
        struct str name = feed.name;
        n = run_of(db, i, &feed, &oldest);
        if (all || n <= RUN_MAX)
            n = 1, oldest = feed.date;
        else
            name = arena_printf(p->arena, "%.*s (%u files)", STR_ARG(feed_of(name)), n);
        print_feed(p, name, oldest, &feed);
    }
    print_states(p, db);
}

static void json_feeds(struct json_out *o, const struct db *db)
{
    struct db_feed feed;
    char date[TIME_TEXT];
    json_key(o, "feeds");
    json_begin_array(o);
    for (uint32_t i = 0; db_feed_at(db, i, &feed); i++) {
        json_begin_object(o);
        json_member_str(o, "name", feed.name);
        json_member_str(o, "url", feed.url);
        json_member_str(o, "licence", feed.licence);
        json_member_str(o, "digest", feed.digest);
        json_member_str(o, "date", str_from(time_format(feed.date, date)));
        json_member_str(o, "state", feed.state);
        json_end_object(o);
        db_flush(o);
    }
    json_end_array(o);
}

static void json_info(struct json_out *o, const struct db *db)
{
    struct db_counts c;
    char built[TIME_TEXT];
    db_counts(db, &c);
    json_begin_object(o);
    json_member_str(o, "generation", db_generation(db));
    json_member_str(o, "built", str_from(time_format(db_built(db), built)));
    json_member_bool(o, "factsOnly", db_facts_only(db));
    json_member_int(o, "bytes", (int64_t)c.bytes);
    json_member_int(o, "packages", (int64_t)c.packages);
    json_member_int(o, "affected", (int64_t)c.affected);
    json_member_int(o, "advisories", (int64_t)c.advisories);
    json_member_int(o, "vulnerabilities", (int64_t)c.vulnerabilities);
    json_member_int(o, "kev", (int64_t)c.kev);
    json_member_int(o, "epss", (int64_t)c.epss);
    json_member_int(o, "sources", (int64_t)c.sources);
    json_feeds(o, db);
    json_end_object(o);
    buf_add_c(o->to, '\n');
    db_flush(o);
}

int db_info_command(int argc, char **argv)
{
    struct db_options o;
    int status = db_options_parse(argc, argv, 0, 1, &o);
    if (status != EXIT_OK)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(db_cleanup) struct db *db = NULL;
    _cleanup_(buf_free) struct buf b = buf_new((size_t)16 << 20);
    if (db_open_default(o.n_operands ? o.operands[0] : o.db, &db) < 0)
        return command_failed();
    if (o.json) {
        json_info(&(struct json_out){.to = &b, .pretty = true}, db);
    } else {
        struct page p = db_page(a);
        print_counts(&p, db);
        print_feeds(&p, db, o.all);
    }
    return EXIT_OK;
}
