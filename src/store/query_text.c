/* SQL as it is put together: text and parameters. */
#include <stdarg.h>

#include "base/err.h"
#include "store/condition.h"

struct query_text query_text_new(struct arena *a, struct sql *db, account_id account, const char *resource)
{
    struct query_text q = {.text = buf_new(QUERY_TEXT_MAX),
                           .arena = a,
                           .place = sql_place(db),
                           .account = account,
                           .resource = resource};
    vec_add(&q.parameters, (struct parameter){.type = PARAMETER_INT, .number = account});
    return q;
}

void query_text_free(struct query_text *q)
{
    buf_free(&q->text);
    vec_free(&q->parameters);
}

void query_add(struct query_text *q, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *to = buf_reserve(&q->text, (size_t)n + 1);
    if (to) {
        vsnprintf(to, (size_t)n + 1, format, again);
        q->text.n += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

static struct parameter *parameter(struct query_text *q)
{
    struct parameter *p = vec_push(&q->parameters);
    query_add(q, "?%zu", q->parameters.n);
    return p;
}

void query_int(struct query_text *q, int64_t value)
{
    *parameter(q) = (struct parameter){.type = PARAMETER_INT, .number = value};
}

void query_real(struct query_text *q, double value)
{
    *parameter(q) = (struct parameter){.type = PARAMETER_DOUBLE, .real = value};
}

void query_str(struct query_text *q, struct str value)
{
    *parameter(q) = (struct parameter){.type = PARAMETER_STR, .text = value};
}

void query_blob(struct query_text *q, struct str blob)
{
    query_str(q, blob);
    q->parameters.at[q->parameters.n - 1].type = PARAMETER_BLOB;
}

struct statement *query_prepare(struct query_text *q, struct sql *db)
{
    if (buf_status(&q->text) < 0) /* half a condition would match what it should not */
        sql_fail(db, err_set(ERR_LIMIT, "a query of over %d bytes", QUERY_TEXT_MAX));
    struct statement *s = sql_prepare(db, q->text.p);
    for (size_t i = 0; i < q->parameters.n; i++) {
        const struct parameter *p = &q->parameters.at[i];
        int at = (int)i + 1;
        switch (p->type) {
        case PARAMETER_INT:
            sql_bind_int(s, at, p->number);
            break;
        case PARAMETER_DOUBLE:
            sql_bind_double(s, at, p->real);
            break;
        case PARAMETER_STR:
            sql_bind_str(s, at, p->text);
            break;
        case PARAMETER_BLOB:
            sql_bind_blob(s, at, p->text.p, p->text.n);
        }
    }
    return s;
}
