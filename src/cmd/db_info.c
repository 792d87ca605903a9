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
    print_line(p, "EPSS", arena_printf(p->arena, "%s scores", count(p, c.epss)).p);
}

static void print_feeds(struct page *p, const struct db *db)
{
    struct db_feed feed;
    page_print(p, BOLD, "\n%-26s %-10s  %-20s %s\n", "FEED", "DATE", "LICENCE", "STATE");
    for (uint32_t i = 0; db_feed_at(db, i, &feed); i++) {
        page_cell(p, PLAIN, feed.name, 26);
        page_cell(p, PLAIN, STR(" "), 1);
        page_cell(p, PLAIN, db_date(p->arena, feed.date), 12);
        page_cell(p, PLAIN, feed.licence.n ? feed.licence : STR("none stated"), 20);
        page_cell(p, PLAIN, STR(" "), 1);
        page_cell(p, str_is(feed.state, "ok") ? GREEN : YELLOW, feed.state, -(p->columns - 60));
        fputc('\n', p->to);
    }
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
        print_feeds(&p, db);
    }
    return EXIT_OK;
}
