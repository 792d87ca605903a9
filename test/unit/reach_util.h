/* Describe calls written with single quotes, and what is open of them. */
#ifndef ASSAY_TEST_REACH_UTIL_H
#define ASSAY_TEST_REACH_UTIL_H

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "reach/load.h"
#include "reach/open.h"

static inline void load_quoted(struct model *m, const char *text)
{
    _cleanup_(buf_free) struct buf quoted = buf_new(1 << 16);
    for (; *text; text++)
        buf_add_c(&quoted, *text == '\'' ? '"' : *text);
    assert_int_equal(load_text(m, buf_str(&quoted)), 0);
}

static inline void load_guest_quoted(struct model *m, const char *text)
{
    m->guest = true;
    load_quoted(m, text);
    m->guest = false;
}

static inline int note_open(const struct reach_open *o, void *data)
{
    buf_printf(data, "%d-%d:", o->begin, o->end);
    for (size_t i = 0; i < o->n_steps; i++)
        buf_printf(data, " %.*s", STR_ARG(o->steps[i]->id));
    return buf_add_c(data, '\n');
}

/* What is open of the documents, which end with NULL. */
static inline void assert_opens(const char *expected, const char *const *documents)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    _cleanup_(buf_free) struct buf text = buf_new(1 << 16);
    for (; *documents; documents++)
        load_quoted(m, *documents);
    model_link(m);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    assert_int_equal(reach_each(r, note_open, &text), 0);
    assert_string_equal(text.n ? text.p : "", expected);
}
#define opens(expected, ...) assert_opens(expected, (const char *const[]){__VA_ARGS__, NULL})

#endif
