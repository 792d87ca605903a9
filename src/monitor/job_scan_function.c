/* A function was deployed or changed: its code and layers are read where nobody has read them. */
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "aws/download.h"
#include "aws/lambda.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "monitor/aws_session.h"
#include "monitor/function.h"
#include "source/sandbox.h"
#include "view/io.h"

enum { BASE64 = 4 * ((SHA256_SIZE + 2) / 3) + 1, DOWNLOAD_SECONDS = 300 };

/* A zip: the code, or a layer. */
struct part {
    const char *file; /* ours, in the folder */
    struct str name;  /* for people */
    struct str url;   /* where Lambda has it; or empty: it lies in the folder */
    unsigned char digest[SHA256_SIZE];
};

struct scan {
    struct monitor *m;
    struct arena *arena;
    account_id account;
    struct scan_origin origin;
    struct function_place place;
    struct aws *aws; /* of an AWS account */
    struct str name; /* of the function */
    struct sidecar sidecar;
    struct str sidecar_error;
    struct scan_folder folder;
    struct function_facts facts;
    struct str runtime; /* as it is stated; or empty */
    bool is_image;
    struct part code;
    const struct part *reading; /* at hand */
    struct resource resource;
};

static void scan_free(struct scan *s)
{
    scan_folder_remove(&s->folder);
    arena_free(s->arena);
}

static struct str arn(struct scan *s, const char *form, struct str name)
{
    const struct place *place = store_place(monitor_store(s->m));
    char account[ACCOUNT_TEXT];
    return arena_printf(s->arena, form, place->partition, place->region, account_text(s->account, account),
                        STR_ARG(name));
}

/* A layer has the name of its file; where files have versions, Lambda's are not known. */
static struct str layer_arn(struct scan *s, struct str file)
{
    char *name = arena_alloc(s->arena, file.n);
    for (size_t i = 0; i + 4 < file.n; i++)
        name[i] = file.p[i] == '.' ? '-' : file.p[i];
    return arn(s, "arn:%s:lambda:%s:%s:layer:%.*s:1", (struct str){name, file.n - 4});
}

/* A function has a role; where none is stated the name says so. */
static struct str role(struct scan *s)
{
    const struct place *place = store_place(monitor_store(s->m));
    char account[ACCOUNT_TEXT];
    if (s->sidecar.role.n)
        return s->sidecar.role;
    if (s->origin.options.role.n)
        return s->origin.options.role;
    return arena_printf(s->arena, "arn:%s:iam::%s:role/not-stated", place->partition,
                        account_text(s->account, account));
}

static void set_resource(struct scan *s)
{
    int64_t id = s->resource.id;
    s->resource = function_resource(s->arena, s->account, &s->facts);
    s->resource.id = id;
}

/* ---- reading ---- */

static const char *path_of(struct scan *s, const struct part *part)
{
    return arena_printf(s->arena, "%s/%s", s->folder.path, part->file).p;
}

static int digest_file(const char *path, unsigned char ret_digest[SHA256_SIZE])
{
    _cleanup_fd_ int fd = -1;
    struct stat st;
    int status = io_open(path, &fd, &st);
    return status < 0 ? status : io_digest(fd, ret_digest);
}

/* Into the folder, from a place of files. */
static int fetch(struct scan *s, struct str file, struct part *part)
{
    int status = function_fetch(&s->place, file, path_of(s, part));
    return status < 0 ? status : digest_file(path_of(s, part), part->digest);
}

/* Into the folder, from Lambda, which has said what its digest is. */
static int download(struct scan *s, const struct part *part)
{
    unsigned char digest[SHA256_SIZE];
    const char *path = path_of(s, part);
    const struct aws_download d = {
        .url = part->url, .cap = (size_t)CODE_BYTES_MAX, .seconds = DOWNLOAD_SECONDS, .save_to = path};
    (void)unlink(path);
    int status = aws_download(s->aws, s->arena, &d, NULL);
    if (status == 0)
        status = digest_file(path, digest);
    if (status == 0 && memcmp(digest, part->digest, SHA256_SIZE))
        status = err_set(ERR_INVALID, "what is downloaded has another digest than Lambda says");
    return status;
}

static int read_zip(void *ctx, struct buf *to)
{
    struct scan *s = ctx;
    const struct sandbox sandbox = scan_sandbox(s->m);
    int status = s->reading->url.n ? download(s, s->reading) : 0;
    return status < 0 ? status : sandbox_read_zip(&sandbox, s->folder.path, s->reading->file, to);
}

static int artefact_of(struct scan *s, const struct part *part, struct artefact *ret_artefact)
{
    s->reading = part;
    /* A zip is not kept under the name that a layer of these bytes would have. */
    struct str name = arena_printf(s->arena, "zip:%.*s", STR_ARG(digest_text(s->arena, part->digest)));
    return scan_artefact(s->m, s->arena, s->account, name, read_zip, s, ret_artefact);
}

/* What Lambda says of a zip: "Location" of `place`, and its digest. */
static int set_location(struct scan *s, json_val *place, struct str base64, struct part *part)
{
    unsigned char bytes[BASE64];
    part->url = arena_str(s->arena, json_get_str(place, "Location"));
    if (!part->url.n)
        return err_set(ERR_INVALID, "Lambda does not say where it is");
    if (base64.n != BASE64 - 1 ||
        EVP_DecodeBlock(bytes, (const unsigned char *)base64.p, (int)base64.n) < SHA256_SIZE)
        return err_set(ERR_INVALID, "Lambda does not say what its digest is");
    memcpy(part->digest, bytes, SHA256_SIZE);
    return 0;
}

static int find_layer(struct scan *s, size_t i, struct part *part)
{
    json_val *layer;
    if (!s->aws) {
        part->name = s->sidecar.layers[i];
        return fetch(s, s->sidecar.layers[i], part);
    }
    part->name = s->facts.layers[i];
    int status = lambda_layer(s->aws, s->arena, s->facts.layers[i], &layer);
    json_val *content = status == 0 ? json_get(layer, "Content") : NULL;
    return status < 0 ? status : set_location(s, content, json_get_str(content, "CodeSha256"), part);
}

static int read_layer(struct scan *s, size_t i, struct inventory *inv)
{
    struct artefact artefact;
    struct part part = {.file = "layer.zip"};
    int status = find_layer(s, i, &part);
    if (status == 0)
        status = artefact_of(s, &part, &artefact);
    if (status == 0)
        status = artefact_add(inv, &artefact, (uint32_t)i);
    if (status < 0)
        err_context(status, "layer %.*s", STR_ARG(part.name));
    return status;
}

/* Code first, then the layers, each with its packages under its own ARN. A layer may be another account's,
 * that does not show it: the rest of the function is read all the same. */
static int read_all(struct scan *s, struct inventory *inv, unsigned *ret_languages)
{
    struct artefact artefact;
    int status = artefact_of(s, &s->code, &artefact);
    if (status < 0)
        return status;
    *ret_languages = artefact.languages;
    status = artefact_add(inv, &artefact, NO_LAYER);
    for (size_t i = 0; status == 0 && i < s->facts.n_layers; i++) {
        vec_add(&inv->layers, arena_str(inv->arena, s->facts.layers[i]));
        status = read_layer(s, i, inv);
        if (s->aws && status < 0 && status != ERR_IO) {
            inventory_problem(inv, s->facts.layers[i], status);
            status = 0;
        }
    }
    return status;
}

/* What stays as it is until the files change; the rest is the queue's. */
static int failed(struct scan *s, int code)
{
    struct str text = arena_str(s->arena, str_from(err_text()));
    enum scan_reason reason = code == ERR_UNSUPPORTED || code == ERR_LIMIT ? REASON_UNSUPPORTED_CODE_ARTIFACTS
                              : code == ERR_DENIED                         ? REASON_ACCESS_DENIED
                                                                           : REASON_INTERNAL_ERROR;
    if (code == ERR_IO)
        return err_set(code, "%.*s", STR_ARG(text));
    return scan_end(s->m, &s->resource, SCAN_STATUS_INACTIVE, reason, text);
}

/* The language that the code shows, where only one does and Inspector has a word for it without a version. */
static struct str guessed_runtime(unsigned languages)
{
    return languages == LANGUAGE_NODE ? STR("NODEJS") : STR("UNSUPPORTED");
}

static int scan_code(struct scan *s)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    unsigned languages = 0;
    bool changed;
    int status = read_all(s, inv, &languages);
    if (status < 0)
        return failed(s, status);
    inv->target_kind = STR("archive");
    inventory_finish(inv);
    if (!s->runtime.n) {
        bool is_new;
        s->facts.runtime = guessed_runtime(languages);
        set_resource(s);
        struct sql *db = store_writer(monitor_store(s->m));
        resource_put(db, &s->resource, &is_new, &changed);
        status = store_commit(db);
    }
    if (status == 0)
        status = monitor_inventory(s->m, &s->resource, inv, &changed);
    if (status < 0)
        return status;
    struct str problems = scan_problems(s->arena, inv);
    return scan_end(s->m, &s->resource, SCAN_STATUS_ACTIVE, REASON_SUCCESSFUL,
                    s->sidecar_error.n ? s->sidecar_error : problems);
}

/* ---- the job ---- */

/* What is wrong with it is said, and the function is read without it. */
static int read_sidecar(struct scan *s)
{
    struct str text = {NULL, 0}, file = arena_printf(s->arena, "%.*s.json", STR_ARG(s->name));
    int status = function_read(&s->place, file, &text);
    if (status == ERR_IO || status == ERR_DENIED)
        return status;
    if (status == ERR_MISSING)
        text = (struct str){NULL, 0};
    if ((status < 0 && status != ERR_MISSING) || sidecar_read(s->arena, text, &s->sidecar) < 0) {
        s->sidecar_error = arena_printf(s->arena, "%.*s: %s", STR_ARG(file), err_text());
        s->sidecar = (struct sidecar){.modified = TIME_NONE};
    }
    return 0;
}

static int64_t modified_of(struct scan *s)
{
    struct function_file *files;
    size_t n;
    struct str file = arena_printf(s->arena, "%.*s.zip", STR_ARG(s->name));
    if (s->sidecar.modified != TIME_NONE)
        return s->sidecar.modified;
    if (function_files(&s->place, &files, &n) == 0)
        for (size_t i = 0; i < n; i++)
            if (str_eq(files[i].name, file))
                return files[i].modified;
    return TIME_NONE;
}

/* What was guessed the last time stands until the code is read. */
static struct str runtime_before(struct scan *s)
{
    struct resource known;
    struct sql *db = store_reader(monitor_store(s->m));
    int status =
        resource_find(db, s->arena, s->account, function_arn(&s->place, s->account, s->name), &known);
    store_release(db);
    return status == 0 && known.runtime.n ? known.runtime : STR("UNSUPPORTED");
}

/* The files of the place: the zip, and what is stated beside it. */
static int describe_files(struct scan *s)
{
    char base64[BASE64];
    int status = fetch(s, arena_printf(s->arena, "%.*s.zip", STR_ARG(s->name)), &s->code);
    if (status == 0)
        status = read_sidecar(s);
    if (status < 0)
        return status;
    EVP_EncodeBlock((unsigned char *)base64, s->code.digest, SHA256_SIZE);
    s->runtime = s->sidecar.runtime;
    s->facts = (struct function_facts){
        .name = s->name,
        .arn = function_arn(&s->place, s->account, s->name),
        .origin = s->origin.origin.id,
        .sha256 = arena_str(s->arena, str_from(base64)),
        .runtime = runtime_name(s->runtime),
        .role = role(s),
        .architecture = s->sidecar.architecture,
        .tags = s->sidecar.tags.n ? s->sidecar.tags : STR("{}"),
        .n_layers = s->sidecar.n_layers,
        .modified = modified_of(s),
    };
    for (size_t i = 0; i < s->sidecar.n_layers; i++)
        s->facts.layers[i] = layer_arn(s, s->sidecar.layers[i]);
    if (!s->facts.runtime.n)
        s->facts.runtime = s->runtime.n ? STR("UNSUPPORTED") : runtime_before(s);
    return 0;
}

static int set_lambda_facts(struct scan *s, json_val *configuration, json_val *tags)
{
    struct lambda_facts l;
    int status = lambda_facts_read(s->arena, configuration, tags, &l);
    if (status < 0)
        return status;
    s->facts = l.facts;
    s->facts.region = s->place.region;
    s->facts.origin = s->origin.origin.id;
    s->runtime = l.runtime.n ? l.runtime : STR("none");
    s->is_image = l.is_image;
    return 0;
}

/* What the job brings is from a list: it says enough to tell what could not be seen. ERR_MISSING where it
 * brings nothing. */
static int unseen(struct scan *s, struct str payload, enum scan_reason reason, struct str text)
{
    json_val *configuration;
    bool covered;
    if (!payload.n || json_parse(s->arena, payload, &configuration) < 0 ||
        set_lambda_facts(s, configuration, NULL) < 0)
        return err_set(ERR_MISSING, "%.*s", STR_ARG(text));
    set_resource(s);
    int status = scan_begin(s->m, &s->resource, &covered);
    return status < 0 || !covered ? status : scan_end(s->m, &s->resource, SCAN_STATUS_INACTIVE, reason, text);
}

static int denied(struct scan *s, struct str payload)
{
    struct str text = arena_str(s->arena, str_from(err_text()));
    int status = unseen(s, payload, REASON_ACCESS_DENIED, text);
    return status == 0 ? 1 : status == ERR_MISSING ? err_set(ERR_DENIED, "%.*s", STR_ARG(text)) : status;
}

/* 1: there is nothing more to do. */
static int describe_lambda(struct scan *s, struct str payload)
{
    json_val *function;
    int status = lambda_function(s->aws, s->arena, s->name, &function);
    if (status == ERR_DENIED)
        return denied(s, payload);
    if (status < 0)
        return status;
    json_val *code = json_get(function, "Code"), *tags = json_get(function, "Tags");
    status = set_lambda_facts(s, json_get(function, "Configuration"), tags);
    if (status < 0)
        return status;
    if (!s->facts.tags.n)
        s->facts.tags = STR("{}");
    if (s->is_image)
        s->code.name = json_get_str(code, "ResolvedImageUri").n ? json_get_str(code, "ResolvedImageUri")
                                                                : json_get_str(code, "ImageUri");
    else if (set_location(s, code, s->facts.sha256, &s->code) < 0)
        s->sidecar_error = arena_str(s->arena, str_from(err_text()));
    return 0;
}

static int unsupported(struct scan *s, enum scan_reason reason, struct str text)
{
    return scan_end(s->m, &s->resource, SCAN_STATUS_INACTIVE, reason, text);
}

static int scan_function(struct scan *s, struct str payload)
{
    bool covered;
    s->code = (struct part){.file = "code.zip", .name = s->name};
    int status = scan_folder_new(s->m, &s->folder);
    if (status == 0)
        status = s->aws ? describe_lambda(s, payload) : describe_files(s);
    if (status == ERR_MISSING)
        return function_gone(&s->place, s->account, s->name);
    if (status)
        return status < 0 ? status : 0;
    set_resource(s);
    status = scan_begin(s->m, &s->resource, &covered);
    if (status < 0 || !covered)
        return status;
    if (s->is_image)
        return unsupported(s, REASON_UNSUPPORTED_CODE_ARTIFACTS,
                           arena_printf(s->arena,
                                        "its code is the image %.*s, which is scanned where it lies in ECR",
                                        STR_ARG(s->code.name)));
    if (s->runtime.n && !runtime_name(s->runtime).n)
        return unsupported(s, REASON_UNSUPPORTED_RUNTIME,
                           arena_printf(s->arena, "runtime %.*s", STR_ARG(s->runtime)));
    if (s->aws && !s->code.url.n)
        return unsupported(s, REASON_INTERNAL_ERROR, s->sidecar_error);
    return scan_code(s);
}

/* 1: there is nothing to do. */
static int begin(struct scan *s, struct monitor *m, const struct job *job)
{
    struct str id, rest;
    s->m = m;
    s->arena = arena_new(0);
    s->account = job->account;
    if (!str_cut(job->subject, ' ', &id, &rest))
        return err_set(ERR_INVALID, "not a function to scan: %.*s", STR_ARG(job->subject));
    if (!scan_enabled(m, job->account, SCAN_OF_LAMBDA))
        return 1;
    int status = scan_origin(m, s->arena, job->account, id, &s->origin);
    if (status < 0)
        return status == ERR_MISSING ? 1 : status;
    bool aws = s->origin.origin.kind == ORIGIN_AWS_ACCOUNT;
    s->place = (struct function_place){m, &s->origin, s->arena, {NULL, 0}};
    s->name = rest;
    if ((aws && !str_cut(rest, ' ', &s->place.region, &s->name)) || !function_name_valid(s->name))
        return err_set(ERR_INVALID, "not a function to scan: %.*s", STR_ARG(job->subject));
    return aws ? aws_session(m, &s->origin, s->place.region, &s->aws) : 0;
}

static int run(struct monitor *m, struct job *job)
{
    _cleanup_(scan_free) struct scan s = {0};
    int status = begin(&s, m, job);
    return status < 0 ? status : status ? 0 : scan_function(&s, job->payload);
}

static void give_up(struct monitor *m, struct job *job, struct str error)
{
    _cleanup_(scan_free) struct scan s = {0};
    if (begin(&s, m, job) != 0)
        return;
    struct sql *db = store_reader(monitor_store(m));
    int status =
        resource_find(db, s.arena, s.account, function_arn(&s.place, s.account, s.name), &s.resource);
    store_release(db);
    if (status == 0)
        (void)scan_end(m, &s.resource, SCAN_STATUS_INACTIVE, REASON_INTERNAL_ERROR, error);
    else if (s.aws) /* nothing was ever seen of it but its name in a list */
        (void)unseen(&s, job->payload, REASON_INTERNAL_ERROR, error);
}

const struct job_kind job_scan_function = {
    .number = JOB_SCAN_FUNCTION,
    .name = "scan-function",
    .seconds = 120,
    .run = run,
    .give_up = give_up,
};
