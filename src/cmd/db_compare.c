/* assay db diff: what changed between two databases. */
#include "base/cleanup.h"
#include "cmd/db.h"

/* The list first, as the walk tells it, then how much of what. */
struct tally {
    struct page *page; /* or */
    struct json_out *json;
    struct arena *scratch;
    const char *kind;
    uint64_t counts[3][3]; /* packages, records, EPSS; enum db_change */
};

static const char *const signs[] = {[DB_ADDED] = "+", [DB_REMOVED] = "-", [DB_CHANGED] = "~"};
static const char *const words[] = {[DB_ADDED] = "added", [DB_REMOVED] = "removed", [DB_CHANGED] = "changed"};
static const enum colour colours[] = {[DB_ADDED] = GREEN, [DB_REMOVED] = RED, [DB_CHANGED] = YELLOW};
enum { PACKAGES, RECORDS, EPSS };
static const char *const kinds[] = {[PACKAGES] = "package", [RECORDS] = "record", [EPSS] = "epss"};

static void tell(struct tally *t, int kind, enum db_change change, struct str ecosystem, struct str name)
{
    t->counts[kind][change]++;
    if (t->json) {
        json_begin_object(t->json);
        json_member_str(t->json, "kind", str_from(kinds[kind]));
        json_member_str(t->json, "change", str_from(words[change]));
        json_member_str(t->json, "ecosystem", ecosystem);
        json_member_str(t->json, ecosystem.n ? "name" : "id", name);
        json_end_object(t->json);
        db_flush(t->json);
        return;
    }
    page_print(t->page, colours[change], "%s %-8s", signs[change], kinds[kind]);
    if (ecosystem.n) {
        page_cell(t->page, PLAIN, ecosystem, -40);
        fputc('/', t->page->to);
    }
    page_cell(t->page, PLAIN, name, -400);
    fputc('\n', t->page->to);
    arena_reset(t->scratch);
}

static int on_package(void *ctx, enum db_change change, struct str ecosystem, struct str name)
{
    tell(ctx, PACKAGES, change, ecosystem, name);
    return 0;
}

static int on_record(void *ctx, enum db_change change, struct str id)
{
    tell(ctx, RECORDS, change, STR(""), id);
    return 0;
}

static int on_epss(void *ctx, enum db_change change, struct str cve)
{
    tell(ctx, EPSS, change, STR(""), cve);
    return 0;
}

static void print_totals(const struct tally *t)
{
    for (int kind = PACKAGES; kind <= EPSS; kind++)
        page_print(t->page, BOLD, "%-8s %llu added, %llu removed, %llu changed\n", kinds[kind],
                   (unsigned long long)t->counts[kind][DB_ADDED],
                   (unsigned long long)t->counts[kind][DB_REMOVED],
                   (unsigned long long)t->counts[kind][DB_CHANGED]);
}

static void json_totals(const struct tally *t)
{
    for (int kind = PACKAGES; kind <= EPSS; kind++) {
        json_key(t->json, kinds[kind]);
        json_begin_object(t->json);
        for (int change = DB_ADDED; change <= DB_CHANGED; change++)
            json_member_int(t->json, words[change], (int64_t)t->counts[kind][change]);
        json_end_object(t->json);
    }
}

static int difference(const struct db *old, const struct db *new, struct tally *t)
{
    const struct db_diff diff = {.package = on_package, .record = on_record, .epss = on_epss, .ctx = t};
    if (t->page) {
        int status = db_difference(old, new, &diff);
        if (status == 0)
            print_totals(t);
        return status;
    }
    json_begin_object(t->json);
    json_member_str(t->json, "old", db_generation(old));
    json_member_str(t->json, "new", db_generation(new));
    json_key(t->json, "changes");
    json_begin_array(t->json);
    int status = db_difference(old, new, &diff);
    json_end_array(t->json);
    json_totals(t);
    json_end_object(t->json);
    buf_add_c(t->json->to, '\n');
    db_flush(t->json);
    return status;
}

int db_diff_command(int argc, char **argv)
{
    struct db_options o;
    int status = db_options_parse(argc, argv, 2, 2, &o);
    if (status != EXIT_OK)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(db_cleanup) struct db *old = NULL, *new = NULL;
    _cleanup_(buf_free) struct buf b = buf_new((size_t)1 << 20);
    if (db_open(o.operands[0], &old) < 0 || db_open(o.operands[1], &new) < 0)
        return command_failed();
    struct page p = db_page(a);
    struct json_out json = {.to = &b, .pretty = true};
    struct tally t = {.page = o.json ? NULL : &p, .json = o.json ? &json : NULL, .scratch = a};
    return difference(old, new, &t) < 0 ? command_failed() : EXIT_OK;
}
