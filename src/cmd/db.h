/* assay db: what its subcommands share. Each is a function that takes its own arguments, its name first, and
 * returns an exit code. */
#ifndef ASSAY_CMD_DB_H
#define ASSAY_CMD_DB_H

#include "advisory/db.h"
#include "base/json.h"
#include "base/vec.h"
#include "cmd/command.h"
#include "report/text.h"

extern const struct command command_db;

int db_build_command(int argc, char **argv);
int db_update_command(int argc, char **argv);
int db_info_command(int argc, char **argv);
int db_show_command(int argc, char **argv);
int db_diff_command(int argc, char **argv);
int db_verify_command(int argc, char **argv);

struct db_options {
    const char *db; /* --db; NULL: the default */
    bool json;      /* --format json */
    bool all;       /* --all: long lists are not cut */
    char **operands;
    int n_operands;
};

/* EXIT_OK, or EXIT_USAGE after saying why. */
int db_options_parse(int argc, char **argv, int least, int most, struct db_options *ret_options);

/* A page on standard output, with colours if it is a terminal. */
struct page db_page(struct arena *a);
/* Foreign text, broken at blanks, each line `indent` columns from the left; the cursor is there already. */
void db_wrap(struct page *p, struct str text, int indent);
/* Foreign text that is not cut, in `width` columns, `indent` from the left: what is longer has its line
 * alone. */
void db_cell_whole(struct page *p, struct str text, int width, int indent);
/* A date, "2021-02-15"; "-" for TIME_NONE. */
struct str db_date(struct arena *a, int64_t time);

/* What the writer has gathered so far goes to standard output. */
void db_flush(struct json_out *o);

/* db_record.c: one record with these of its entries, in words and as a JSON object. */
int db_print_record(struct page *p, const struct db_options *options, const struct db *db, uint32_t record,
                    bool prose);
int db_json_record(struct arena *a, struct json_out *o, const struct db *db, uint32_t record,
                   const uint32_t *entries, size_t n);
/* ">= 1.0, < 2.0"; "all versions". */
struct str db_range_words(struct arena *a, const struct advisory_range *r);
/* The best of a record's scores; < 0 when it has none. */
double db_best_score(const struct advisory *v);

/* db_package.c: packages that a query names: a purl, ECOSYSTEM/NAME, or a name in all ecosystems. */
struct db_packages {
    VEC(uint32_t) numbers;
};
int db_find_packages(const struct db *db, struct arena *a, struct str query,
                     struct db_packages *ret_packages);
int db_print_package(struct page *p, const struct db_options *options, const struct db *db, uint32_t package);
int db_json_package(struct arena *a, struct json_out *o, const struct db *db, uint32_t package);

#endif
