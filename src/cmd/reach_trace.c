/* assay reach --trace: single flows from standard input. */
#include "cmd/reach.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "cmd/command.h"
#include "reach/trace.h"

static void write_path(struct json_out *o, const char *name, const struct str *path, size_t n)
{
    json_key(o, name);
    json_begin_array(o);
    for (size_t i = 0; i < n; i++)
        json_out_str(o, path[i]);
    json_end_array(o);
}

static void write_trace(struct json_out *o, const struct trace *t)
{
    json_member_str(o, "disposition", str_from(disposition_name(t->disposition)));
    write_path(o, "path", t->path, t->n_path);
    if (t->n_reverse) {
        json_member_str(o, "reverse_disposition", str_from(disposition_name(t->reverse_disposition)));
        write_path(o, "reverse_path", t->reverse, t->n_reverse);
    }
    if (t->n_unclear)
        write_path(o, "not_described", t->unclear, t->n_unclear);
}

static int port_of(json_val *v)
{
    return yyjson_is_uint(v) && yyjson_get_uint(v) <= PORT_LAST ? (int)yyjson_get_uint(v) : -1;
}

static int trace_line(struct arena *a, const struct model *m, struct str line, struct trace *ret_trace)
{
    json_val *root;
    int status = json_parse(a, line, &root);
    if (status < 0)
        return status;
    struct trace_query q = {json_get_str(root, "ingress"),    json_get_str(root, "src"),
                            json_get_str(root, "dst"),        json_get_str(root, "proto"),
                            port_of(json_get(root, "sport")), port_of(json_get(root, "dport"))};
    return trace_flow(m, &q, ret_trace);
}

int reach_trace(const struct model *m)
{
    struct str line;
    int result = EXIT_OK;
    while (batch_line(&line)) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        _cleanup_(buf_free) struct buf text = buf_new((size_t)1 << 20);
        struct json_out o = {.to = &text};
        struct trace t;
        json_begin_object(&o);
        if (trace_line(a, m, line, &t) < 0) {
            result = EXIT_FOUND;
            json_member_str(&o, "error", str_from(err_text()));
        } else {
            write_trace(&o, &t);
            if (t.n_unclear && result == EXIT_OK)
                result = EXIT_PARTIAL;
        }
        json_end_object(&o);
        puts(text.p);
        fflush(stdout); /* whoever asks through pipes waits for it */
    }
    return result;
}
