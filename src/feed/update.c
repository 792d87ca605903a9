#include "feed/update.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"

struct wanted {
    const struct feed *feed;
    const struct feed_file *file;
};
struct work {
    const struct update_options *o;
    struct arena *arena;
    struct db_writer *writer;
    VEC(struct wanted) wanted;
    VEC(struct fetched) fetched;
    struct update_result result;
    char first_problem[FETCH_TEXT];
};

static void work_cleanup(struct work *w)
{
    arena_free(w->arena);
    db_writer_free(w->writer);
    vec_free(&w->wanted);
    vec_free(&w->fetched);
}

static void problem(struct work *w, const char *name, const char *text)
{
    if (!w->first_problem[0])
        snprintf(w->first_problem, sizeof w->first_problem, "%s", text);
    if (w->o->problem)
        w->o->problem(w->o->ctx, name, text);
}

/* ---- which files ---- */

/* "osv" and "osv/npm" ask for the file "osv/npm"; "alpine" for "alpine/v3.19/main". */
static bool asks_for(struct str name, const struct feed *feed, const struct feed_file *file)
{
    struct str whole = str_from(file->name);
    return str_is(name, feed->name) || str_eq(name, whole) ||
           (name.n && str_starts(whole, name) && whole.n > name.n && whole.p[name.n] == '/');
}

static void choose_files(struct work *w, const struct feed *feed)
{
    const struct update_options *o = w->o;
    for (const struct feed_file *file = feed->files; file->path; file++) {
        bool asked = !o->n_feeds;
        for (size_t i = 0; i < o->n_feeds && !asked; i++)
            asked = asks_for(o->feeds[i], feed, file);
        if (asked)
            vec_add(&w->wanted, (struct wanted){feed, file});
    }
}

static int choose(struct work *w)
{
    const struct update_options *o = w->o;
    for (size_t i = 0; i < o->n_feeds; i++) {
        bool known = false;
        for (const struct feed *const *f = feeds; *f; f++)
            for (const struct feed_file *file = (*f)->files; file->path; file++)
                known |= asks_for(o->feeds[i], *f, file);
        if (!known)
            return err_set(ERR_MISSING, "no feed is called '%.*s'", STR_ARG(o->feeds[i]));
    }
    for (enum feed_rank rank = 0; rank < RANK_COUNT; rank++)
        for (const struct feed *const *f = feeds; *f; f++)
            if ((*f)->rank == rank)
                choose_files(w, *f);
    return 0;
}

/* ---- reading ---- */

static struct feed_batch *read_copy(struct work *w, struct fetched *f, const char *path)
{
    struct feed_batch *b = batch_new(&w->o->batch);
    if (feed_read(f->feed, &f->file, path, b) == 0)
        return b;
    batch_free(b);
    return NULL;
}

/* Of when the content is. What a publisher serves is of the moment when it was fetched or found unchanged,
 * however long ago the last advisory was; what a mirror has is only as new as what is in it. */
static int64_t date_of(const struct work *w, const struct fetched *f, const struct feed_batch *b)
{
    if (w->o->fetch.from || !f->file.url)
        return batch_date(b);
    return f->problem[0] ? f->current_date : time_now();
}

/* The fresh copy if it is sound, else the last good one, else NULL. Sets the row's date, digest and state. */
static struct feed_batch *read_file(struct work *w, struct fetched *f, struct db_feed *row)
{
    struct feed_batch *b = NULL;
    bool fresh = false;
    if (f->fresh) {
        b = read_copy(w, f, f->fresh);
        if (!b) {
            snprintf(f->problem, sizeof f->problem, "%s", err_text());
            fetch_refuse(f);
        } else if (fetch_accept(f) < 0) {
            problem(w, f->file.name, err_text()); /* it is read all the same */
        }
        fresh = b != NULL;
    }
    if (!b && f->current) {
        b = read_copy(w, f, f->current);
        if (!b && !f->problem[0])
            snprintf(f->problem, sizeof f->problem, "%s", err_text());
    }
    char date[TIME_TEXT];
    row->date = b ? date_of(w, f, b) : TIME_NONE;
    row->digest = str_from(fresh ? f->fresh_digest : f->current_digest);
    if (f->problem[0]) {
        w->result.problems++;
        time_format(f->current_date, date);
        row->state = b ? arena_printf(w->arena, "the copy of %.10s is used: %s", date, f->problem)
                       : arena_printf(w->arena, "nothing is used: %s", f->problem);
        problem(w, f->file.name, row->state.p);
    } else if (b && b->skipped) {
        row->state = arena_printf(w->arena, "ok, %zu records skipped: %s", b->skipped, b->skip_text);
    } else {
        row->state = STR("ok");
    }
    w->result.read += b != NULL;
    w->result.fresh += fresh;
    return b;
}

static struct db_feed row_of(const struct fetched *f)
{
    return (struct db_feed){
        .name = str_from(f->file.name),
        .url = str_from(f->file.url),
        .licence = str_from(f->file.licence ? f->file.licence : f->feed->licence),
        .date = TIME_NONE,
    };
}

static int write_batch(struct work *w, const struct feed_batch *b, const struct db_feed *row)
{
    w->result.records += b->advisories.n + b->epss.n + b->sources.n;
    w->result.skipped += b->skipped;
    return feed_write(b, row, w->writer);
}

/* The files of a feed that are joined: records belong to the first file's row, the others have rows of their
 * own. */
static int read_joined(struct work *w, struct fetched *f, size_t n)
{
    _cleanup_(batch_cleanup) struct feed_batch *all = NULL;
    struct db_feed first = {0};
    for (size_t i = 0; i < n; i++) {
        struct db_feed row = row_of(&f[i]);
        struct feed_batch *b = f[i].absent ? NULL : read_file(w, &f[i], &row);
        if (b && !all) {
            all = b;
            first = row;
            continue;
        }
        if (!f[i].absent)
            db_writer_feed(w->writer, &row);
        if (b)
            batch_join(all, b);
    }
    if (!all)
        return 0;
    if (f->feed->finish)
        f->feed->finish(all);
    return write_batch(w, all, &first);
}

static int read_alone(struct work *w, struct fetched *f)
{
    struct db_feed row = row_of(f);
    if (f->absent)
        return 0;
    _cleanup_(batch_cleanup) struct feed_batch *b = read_file(w, f, &row);
    if (b)
        return write_batch(w, b, &row);
    db_writer_feed(w->writer, &row);
    return 0;
}

static int read_all(struct work *w)
{
    for (size_t i = 0, n; i < w->fetched.n; i += n) {
        struct fetched *f = &w->fetched.at[i];
        for (n = 1; f->feed->join && i + n < w->fetched.n && f[n].feed == f->feed; n++)
            ;
        if (w->o->step)
            w->o->step(w->o->ctx, f->file.name, (unsigned)i + 1, (unsigned)w->fetched.n);
        int r = f->feed->join ? read_joined(w, f, n) : read_alone(w, f);
        if (r < 0)
            return r;
    }
    return 0;
}

int feeds_update(const struct update_options *o, struct update_result *ret)
{
    _cleanup_(work_cleanup) struct work w = {.o = o, .arena = arena_new(0)};
    int r = choose(&w);
    if (r < 0)
        return r;
    w.writer = db_writer_new(&(struct db_writer_options){.facts_only = o->batch.facts_only});
    vec_each(wanted, &w.wanted)
    {
        if (o->step)
            o->step(o->ctx, wanted->file->name, (unsigned)(wanted - w.wanted.at) + 1, (unsigned)w.wanted.n);
        fetch_file(w.arena, &o->fetch, wanted->feed, wanted->file, vec_push(&w.fetched));
    }
    r = read_all(&w);
    if (r < 0)
        return r;
    if (!w.result.read)
        return err_set(ERR_MISSING, "no feed could be read%s%s", w.first_problem[0] ? ": " : "",
                       w.first_problem);
    r = db_writer_finish(w.writer, o->output);
    if (r < 0)
        return r;
    *ret = w.result;
    return 0;
}
