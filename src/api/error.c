#include "api/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "base/err.h"

/* STS speaks the query protocol: XML, and names of its own for what is wrong with a signature. */
static const struct {
    const char *json, *query;
} query_types[] = {
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken"},
    {"IncompleteSignatureException", "IncompleteSignature"},
    {"InvalidSignatureException", "SignatureDoesNotMatch"},
    {"UnrecognizedClientException", "InvalidClientTokenId"},
    {"ExpiredTokenException", "ExpiredToken"},
    {"AccessDeniedException", "AccessDenied"},
    {"ValidationException", "ValidationError"},
    {"ThrottlingException", "Throttling"},
    {"InternalServerException", "InternalFailure"},
};

static void xml_text(struct buf *to, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '<' || c == '&' || c == '>')
            buf_printf(to, "&#%d;", c);
        else
            buf_add_c(to, (unsigned char)c < ' ' ? ' ' : c);
    }
}

static struct str query_body(struct call *c, const struct error_reply *e)
{
    const char *type = e->type;
    for (size_t i = 0; i < sizeof query_types / sizeof *query_types; i++)
        if (strcmp(type, query_types[i].json) == 0)
            type = query_types[i].query;
    _cleanup_(buf_free) struct buf b = buf_new(64 << 10);
    buf_printf(&b,
               "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>%s</Type>"
               "<Code>%s</Code><Message>",
               e->status < 500 ? "Sender" : "Receiver", type);
    xml_text(&b, e->message);
    buf_printf(&b, "</Message></Error></ErrorResponse>\n");
    return arena_str(c->arena, buf_str(&b));
}

static void json_fields(struct json_out *o, const struct field_errors *errors)
{
    json_key(o, "fields");
    json_begin_array(o);
    for (size_t i = 0; i < errors->n; i++) {
        json_begin_object(o);
        json_member_str(o, "name", errors->at[i].name);
        json_member_str(o, "message", errors->at[i].message);
        json_end_object(o);
    }
    json_end_array(o);
}

static struct str json_body(struct call *c, const struct error_reply *e)
{
    _cleanup_(buf_free) struct buf b = buf_new(1 << 20);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_key(&o, "message");
    json_out_str(&o, e->message);
    if (e->reason) {
        json_member_str(&o, "reason", str_from(e->reason));
        if (c->errors.n)
            json_fields(&o, &c->errors);
    }
    json_member_str(&o, "resourceId", e->resource_id);
    json_member_str(&o, "resourceType", e->resource_type);
    json_end_object(&o);
    return arena_str(c->arena, buf_str(&b));
}

int call_error(struct call *c, const struct error_reply *e)
{
    bool query = c->operation && c->operation->service && strcmp(c->operation->service, "sts") == 0;
    c->reply->status = e->status;
    c->reply->body = query ? query_body(c, e) : json_body(c, e);
    http_reply_header(c->reply, "Content-Type", query ? STR("text/xml") : STR("application/json"));
    if (!query)
        http_reply_header(c->reply, "x-amzn-ErrorType", str_from(e->type));
    if (e->retry_after)
        http_reply_header(c->reply, "Retry-After", arena_printf(c->arena, "%u", e->retry_after));
    return ERR_INVALID;
}

/* Whether the model of the operation has this error; our own endpoints have them all. */
static bool models(const struct call *c, const char *initials)
{
    return !c->operation || !c->operation->errors || strstr(c->operation->errors, initials);
}

static int invalid(struct call *c, const char *reason, struct str message)
{
    return call_error(
        c, &(struct error_reply){
               .status = 400, .type = "ValidationException", .message = message, .reason = reason});
}

static struct str text(struct call *c, const char *format, va_list args)
{
    char message[1024];
    vsnprintf(message, sizeof message, format, args);
    return arena_str(c->arena, str_from(message));
}
#define TEXT(c, format, into)                                                                                \
    va_list args;                                                                                            \
    va_start(args, format);                                                                                  \
    struct str into = text(c, format, args);                                                                 \
    va_end(args)

int call_invalid(struct call *c, const char *format, ...)
{
    TEXT(c, format, message);
    return invalid(c, c->errors.n ? "FIELD_VALIDATION_FAILED" : "OTHER", message);
}

/* The first few are in the message: the AWS CLI shows nothing else. */
int call_invalid_fields(struct call *c)
{
    enum { SHOWN = 3 };
    const struct field_errors *e = &c->errors;
    struct str all = {0};
    for (size_t i = 0; i < e->n && i < SHOWN; i++)
        all = arena_printf(c->arena, "%.*s%s%.*s %.*s", STR_ARG(all), i ? "; " : "", STR_ARG(e->at[i].name),
                           STR_ARG(e->at[i].message));
    if (e->n > SHOWN)
        all = arena_printf(c->arena, "%.*s; and %zu more", STR_ARG(all), e->n - SHOWN);
    return invalid(c, "FIELD_VALIDATION_FAILED", all);
}

int call_unreadable(struct call *c, const char *problem)
{
    return invalid(c, "CANNOT_PARSE", arena_printf(c->arena, "The request body cannot be read: %s", problem));
}

int call_read(struct call *c, const struct member *members, void *into)
{
    return request_read(c->arena, c->body, members, into, &c->errors) < 0 ? call_invalid_fields(c) : 0;
}

int call_criteria(struct call *c, enum criteria_of of, struct criteria **ret_criteria)
{
    json_val *value = json_get(c->body, "filterCriteria");
    int r = criteria_read(c->arena, of, yyjson_is_null(value) ? NULL : value, "filterCriteria", &c->errors,
                          ret_criteria);
    return r < 0 ? call_failed(c, r) : 0;
}

int call_bad_request(struct call *c, const char *format, ...)
{
    TEXT(c, format, message);
    if (!models(c, "BR"))
        return invalid(c, "OTHER", message);
    return call_error(
        c, &(struct error_reply){.status = 400, .type = "BadRequestException", .message = message});
}

int call_missing(struct call *c, const char *format, ...)
{
    TEXT(c, format, message);
    if (!models(c, "NF"))
        return invalid(c, "OTHER", message);
    return call_error(
        c, &(struct error_reply){.status = 404, .type = "ResourceNotFoundException", .message = message});
}

int call_denied(struct call *c, const char *format, ...)
{
    TEXT(c, format, message);
    return call_error(
        c, &(struct error_reply){.status = 403, .type = "AccessDeniedException", .message = message});
}

int call_conflict(struct call *c, struct str id, struct str type, const char *format, ...)
{
    TEXT(c, format, message);
    if (!models(c, "CF"))
        return invalid(c, "OTHER", message);
    return call_error(c, &(struct error_reply){.status = 409,
                                               .type = "ConflictException",
                                               .message = message,
                                               .resource_id = id,
                                               .resource_type = type});
}

int call_quota(struct call *c, struct str id, const char *format, ...)
{
    TEXT(c, format, message);
    if (!models(c, "SQ"))
        return invalid(c, "OTHER", message);
    return call_error(c, &(struct error_reply){.status = 402,
                                               .type = "ServiceQuotaExceededException",
                                               .message = message,
                                               .resource_id = id});
}

int call_throttled(struct call *c, unsigned seconds)
{
    return call_error(c, &(struct error_reply){.status = 429,
                                               .type = "ThrottlingException",
                                               .message = STR("Rate exceeded"),
                                               .retry_after = seconds});
}

int call_repeated(struct call *c)
{
    return call_error(c,
                      &(struct error_reply){.status = 429,
                                            .type = "ThrottlingException",
                                            .message = STR("This very request was received before, and may "
                                                           "be repeated only when it is signed anew."),
                                            .retry_after = 1});
}

int call_broken(struct call *c)
{
    return call_error(c, &(struct error_reply){.status = 500,
                                               .type = "InternalServerException",
                                               .message = STR("The server failed; its log says why."),
                                               .retry_after = 1});
}

int call_failed(struct call *c, int code)
{
    if (c->reply->status) /* already said what is wrong */
        return code;
    if (code == ERR_INVALID)
        return c->errors.n ? call_invalid_fields(c) : call_invalid(c, "%s", err_text());
    if (code == ERR_MISSING)
        return call_missing(c, "%s", err_text());
    const struct api_options *options = api_options(c->api);
    if (options->log)
        options->log(LOG_ERR, err_text());
    return call_broken(c);
}
