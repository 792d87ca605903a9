/* What services say when they refuse: in JSON, in XML, in headers. */
#include "aws/aws_state.h"
#include "base/err.h"
#include "base/xml.h"

enum { CODE_MAX = 128, MESSAGE_MAX = 300 };

static _Thread_local char last_code[CODE_MAX];

const char *aws_error_code(void)
{
    return last_code;
}

void answer_clear_code(void)
{
    last_code[0] = 0;
}

struct fault {
    struct str code, message;
    struct arena *arena;
};

/* "Response/Errors/Error/Code" of EC2, "ErrorResponse/Error/Code" of the other query APIs. */
static int on_close(void *ctx, const struct xml *x, struct str path, struct str text)
{
    (void)x;
    struct fault *f = ctx;
    if (!f->code.n && str_ends(path, STR("/Error/Code")))
        f->code = arena_str(f->arena, text);
    else if (!f->message.n && str_ends(path, STR("/Error/Message")))
        f->message = arena_str(f->arena, text);
    return 0;
}

static void read_json(struct fault *f, struct str body)
{
    static const char *const codes[] = {"__type", "code", "Code"}, *const messages[] = {"message", "Message",
                                                                                        "errorMessage"};
    json_val *root;
    if (json_parse(f->arena, body, &root) < 0)
        return;
    for (size_t i = 0; i < 3; i++) {
        f->code = f->code.n ? f->code : json_get_str(root, codes[i]);
        f->message = f->message.n ? f->message : json_get_str(root, messages[i]);
    }
}

/* "com.amazonaws.ec2#Code", "Code:http://internal.amazon.com/...", "AWS.Simple.Code;Sender". */
static struct str bare_code(struct str code)
{
    struct str head, tail;
    if (str_cut(code, '#', &head, &tail))
        code = tail;
    if (str_cut(code, ':', &head, &tail) || str_cut(code, ';', &head, &tail))
        code = head;
    return str_trim(code);
}

static void keep_code(struct str code)
{
    size_t n = 0;
    for (size_t i = 0; i < code.n && n + 1 < CODE_MAX; i++) {
        if (is_alnum(code.p[i]) || code.p[i] == '.' || code.p[i] == '_' || code.p[i] == '-')
            last_code[n++] = code.p[i];
    }
    last_code[n] = 0;
}

static bool tells(struct str message, struct str secret)
{
    return secret.n && str_find_str(message, secret) >= 0;
}

/* One line, short, and nothing of ours that must stay secret: what is said of a wrong signature repeats the
 * headers that were signed, the session's token among them. */
static struct str fit_message(struct arena *a, struct str message, const struct sigv4_key *key)
{
    ptrdiff_t canonical = str_find_str(message, STR("The Canonical String"));
    if (canonical >= 0)
        message = str_trim(str_slice(message, 0, (size_t)canonical));
    if (key && (tells(message, key->secret) || tells(message, key->token)))
        return (struct str){0};
    message = arena_str(a, utf8_cut(message, MESSAGE_MAX));
    for (size_t i = 0; i < message.n; i++) {
        if ((unsigned char)message.p[i] < ' ' || message.p[i] == 127)
            ((char *)(uintptr_t)message.p)[i] = ' ';
    }
    return message;
}

/* ---- what codes mean ---- */

static bool is_among(const char *const *names, struct str code)
{
    for (; *names; names++) {
        if (str_is(code, *names))
            return true;
    }
    return false;
}

static const char *const throttled[] = {"Throttling",
                                        "ThrottlingException",
                                        "ThrottledException",
                                        "RequestThrottled",
                                        "RequestThrottledException",
                                        "RequestLimitExceeded",
                                        "TooManyRequestsException",
                                        "BandwidthLimitExceeded",
                                        "PriorRequestNotComplete",
                                        "SlowDown",
                                        "EC2ThrottledException",
                                        "SnapshotCreationPerVolumeRateExceeded",
                                        NULL};
static const char *const passing[] = {
    "RequestTimeout",     "RequestTimeoutException",     "InternalError", "InternalFailure",
    "ServiceUnavailable", "ServiceUnavailableException", "Unavailable",   NULL};
static const char *const expired[] = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", NULL};
static const char *const denied[] = {"AccessDenied",
                                     "AccessDeniedException",
                                     "AuthFailure",
                                     "Blocked",
                                     "ExpiredToken",
                                     "ExpiredTokenException",
                                     "IncompleteSignature",
                                     "IncompleteSignatureException",
                                     "InvalidClientTokenId",
                                     "InvalidSignatureException",
                                     "MissingAuthenticationToken",
                                     "MissingAuthenticationTokenException",
                                     "NotAuthorized",
                                     "OptInRequired",
                                     "RequestExpired",
                                     "SignatureDoesNotMatch",
                                     "SubscriptionRequiredException",
                                     "UnauthorizedException",
                                     "UnauthorizedOperation",
                                     "UnrecognizedClientException",
                                     NULL};

static bool names_nothing(struct str code)
{
    return str_ends(code, STR("NotFoundException")) || str_ends(code, STR("NotFound")) ||
           str_starts(code, STR("NoSuch")) || str_find_str(code, STR("NonExistent")) >= 0 ||
           str_ends(code, STR("DoesNotExist"));
}

bool answer_says_expired(void)
{
    return is_among(expired, str_from(last_code));
}

static struct refusal judge(unsigned status, struct str code)
{
    if (status == 429 || is_among(throttled, code) || is_among(passing, code) || status == 500 ||
        (status >= 502 && status <= 504))
        return (struct refusal){ERR_IO, true};
    if (status == 401 || status == 403 || is_among(denied, code))
        return (struct refusal){ERR_DENIED, false};
    if (status == 404 || names_nothing(code))
        return (struct refusal){ERR_MISSING, false};
    return (struct refusal){status >= 500 ? ERR_IO : ERR_INVALID, false};
}

struct refusal answer_refused(struct arena *a, const struct aws_call *call, struct str region,
                              const struct client_reply *reply, const struct sigv4_key *key)
{
    struct fault f = {.arena = a, .code = client_header(reply, "x-amzn-errortype")};
    struct str query_code = client_header(reply, "x-amzn-query-error");
    if (str_starts(str_trim(reply->body), STR("<")))
        xml_parse(reply->body, STR("answer"), &(struct xml_handler){.close = on_close, .ctx = &f});
    else
        read_json(&f, reply->body);
    keep_code(bare_code(query_code.n && !f.code.n ? query_code : f.code));
    struct refusal refusal = judge(reply->status, str_from(last_code));
    struct str message = fit_message(a, f.message, key);
    err_set(refusal.code, "%s %s in %.*s: HTTP status %u%s%s%s%.*s", call->service, call->operation,
            STR_ARG(region), reply->status, *last_code ? " " : "", last_code, message.n ? ": " : "",
            STR_ARG(message));
    return refusal;
}
