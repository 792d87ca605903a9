/* assay db show: everything known of an id or a package. */
#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/db.h"

static int print_records(struct page *p, const struct db_options *o, const struct db *db,
                         const uint32_t *records, size_t n)
{
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++) {
        if (i)
            fputc('\n', p->to);
        status = db_print_record(p, o, db, records[i], i == 0 || o->all);
    }
    return status;
}

static int json_records(struct arena *a, struct json_out *o, const struct db *db, const uint32_t *records,
                        size_t n)
{
    int status = 0;
    json_key(o, "records");
    json_begin_array(o);
    for (size_t i = 0; i < n && status == 0; i++) {
        uint32_t *entries;
        size_t n_entries;
        status = db_record_affected(db, a, records[i], &entries, &n_entries);
        if (status == 0)
            status = db_json_record(a, o, db, records[i], entries, n_entries);
    }
    json_end_array(o);
    return status;
}

static int json_packages(struct arena *a, struct json_out *o, const struct db *db,
                         const struct db_packages *packages)
{
    int status = 0;
    json_key(o, "packages");
    json_begin_array(o);
    for (size_t i = 0; i < packages->numbers.n && status == 0; i++)
        status = db_json_package(a, o, db, packages->numbers.at[i]);
    json_end_array(o);
    return status;
}

static int print_packages(struct page *p, const struct db_options *o, const struct db *db,
                          const struct db_packages *packages)
{
    int status = 0;
    for (size_t i = 0; i < packages->numbers.n && status == 0; i++) {
        if (i)
            fputc('\n', p->to);
        status = db_print_package(p, o, db, packages->numbers.at[i]);
    }
    return status;
}

static int show(const struct db_options *options, const struct db *db, struct arena *a, struct str query)
{
    _cleanup_(buf_free) struct buf b = buf_new((size_t)1 << 30);
    struct page p = db_page(a);
    struct json_out o = {.to = &b, .pretty = true};
    struct db_packages packages = {0};
    uint32_t *records;
    size_t n;
    int status = db_records_typed(db, a, query, &records, &n);
    if (status == 0 && !n)
        status = db_find_packages(db, a, query, &packages);
    if (status == 0 && !n && !packages.numbers.n)
        status = err_set(ERR_MISSING,
                         "the database knows neither an id nor a package '%.*s'; names are whole: "
                         "@SCOPE/NAME in npm, GROUP:NAME in Maven",
                         STR_ARG(query));
    if (status == 0 && options->json) {
        json_begin_object(&o);
        json_member_str(&o, "query", query);
        status = n ? json_records(a, &o, db, records, n) : json_packages(a, &o, db, &packages);
        json_end_object(&o);
        buf_add_c(&b, '\n');
        db_flush(&o);
    } else if (status == 0) {
        status = n ? print_records(&p, options, db, records, n) : print_packages(&p, options, db, &packages);
    }
    vec_free(&packages.numbers);
    return status;
}

int db_show_command(int argc, char **argv)
{
    struct db_options o;
    int status = db_options_parse(argc, argv, 1, 1, &o);
    if (status != EXIT_OK)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(db_cleanup) struct db *db = NULL;
    if (db_open_default(o.db, &db) < 0 || show(&o, db, a, str_from(o.operands[0])) < 0)
        return command_failed();
    return EXIT_OK;
}
