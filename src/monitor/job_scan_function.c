/* A function was deployed or changed: its code and layers are read where nobody has read them. */
#include <openssl/evp.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "monitor/function.h"
#include "source/sandbox.h"
#include "view/io.h"

enum { DETAILS_MAX = 64 << 10, BASE64 = 4 * ((SHA256_SIZE + 2) / 3) + 1 };

struct scan {
    struct monitor *m;
    struct arena *arena;
    account_id account;
    struct scan_origin origin;
    struct function_place place;
    struct str name; /* of the function */
    struct sidecar sidecar;
    struct str sidecar_error;
    struct scan_folder folder;
    struct str sha256;   /* of the code, in base64 */
    struct str runtime;  /* Inspector's name */
    const char *reading; /* the file at hand */
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

static struct str details(struct scan *s, int64_t modified)
{
    _cleanup_(buf_free) struct buf b = buf_new(DETAILS_MAX);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_key(&o, "awsLambdaFunction");
    json_begin_object(&o);
    json_member_str(&o, "functionName", s->name);
    json_member_str(&o, "runtime", s->runtime);
    json_member_str(&o, "codeSha256", s->sha256);
    json_member_str(&o, "version", STR("$LATEST"));
    json_member_str(&o, "executionRoleArn", role(s));
    if (s->sidecar.n_layers) {
        json_key(&o, "layers");
        json_begin_array(&o);
        for (size_t i = 0; i < s->sidecar.n_layers; i++)
            json_out_str(&o, layer_arn(s, s->sidecar.layers[i]));
        json_end_array(&o);
    }
    json_member_str(&o, "packageType", STR("ZIP"));
    json_key(&o, "architectures");
    json_begin_array(&o);
    json_out_str(&o, s->sidecar.architecture.n ? s->sidecar.architecture : STR("X86_64"));
    json_end_array(&o);
    if (modified != TIME_NONE)
        json_member_int(&o, "lastModifiedAt", modified);
    json_end_object(&o);
    json_end_object(&o);
    return arena_str(s->arena, buf_str(&b));
}

static void set_resource(struct scan *s, int64_t modified)
{
    int64_t id = s->resource.id;
    struct str *values = arena_new_array(s->arena, struct str, FUNCTION_LAYERS_MAX);
    int *kinds = arena_new_array(s->arena, int, FUNCTION_LAYERS_MAX);
    for (size_t i = 0; i < s->sidecar.n_layers; i++) {
        values[i] = layer_arn(s, s->sidecar.layers[i]);
        kinds[i] = RESOURCE_VALUE_LAYER;
    }
    s->resource = (struct resource){
        .id = id,
        .account = s->account,
        .type = RESOURCE_AWS_LAMBDA_FUNCTION,
        .resource_id = function_arn(&s->place, s->account, s->name),
        .state = STATE_PRESENT,
        .origin = s->origin.origin.id,
        .details = details(s, modified),
        .tags = s->sidecar.tags.n ? s->sidecar.tags : STR("{}"),
        .name = s->name,
        .hash = s->sha256,
        .runtime = s->runtime,
        .role = role(s),
        .pushed = TIME_NONE,
        .pulled = TIME_NONE,
        .last_in_use = TIME_NONE,
        .in_use_count = -1,
        .modified = modified,
        .first_seen = TIME_NONE,
        .heard = TIME_NONE,
        .gone = TIME_NONE,
        .values = values,
        .kinds = kinds,
        .n_values = s->sidecar.n_layers,
    };
}

/* ---- reading ---- */

/* Into the folder, under a name of ours. */
static int fetch(struct scan *s, struct str file, const char *to, unsigned char ret_digest[SHA256_SIZE])
{
    const char *path = arena_printf(s->arena, "%s/%s", s->folder.path, to).p;
    _cleanup_fd_ int fd = -1;
    struct stat st;
    int status = function_fetch(&s->place, file, path);
    if (status == 0)
        status = io_open(path, &fd, &st);
    return status < 0 ? status : io_digest(fd, ret_digest);
}

static int read_zip(void *ctx, struct buf *to)
{
    struct scan *s = ctx;
    const struct sandbox sandbox = scan_sandbox(s->m);
    return sandbox_read_zip(&sandbox, s->folder.path, s->reading, to);
}

static int artefact_of(struct scan *s, const unsigned char digest[SHA256_SIZE], const char *file,
                       struct artefact *ret_artefact)
{
    s->reading = file;
    /* A zip is not kept under the name that a layer of these bytes would have. */
    struct str name = arena_printf(s->arena, "zip:%.*s", STR_ARG(digest_text(s->arena, digest)));
    return scan_artefact(s->m, s->arena, s->account, name, read_zip, s, ret_artefact);
}

/* Code first, then the layers, each with its packages under its own ARN. */
static int read_all(struct scan *s, const unsigned char code[SHA256_SIZE], struct inventory *inv,
                    unsigned *ret_languages)
{
    struct artefact artefact;
    int status = artefact_of(s, code, "code.zip", &artefact);
    if (status < 0)
        return status;
    *ret_languages = artefact.languages;
    status = artefact_add(inv, &artefact, NO_LAYER);
    for (size_t i = 0; status == 0 && i < s->sidecar.n_layers; i++) {
        unsigned char digest[SHA256_SIZE];
        vec_add(&inv->layers, arena_str(inv->arena, layer_arn(s, s->sidecar.layers[i])));
        status = fetch(s, s->sidecar.layers[i], "layer.zip", digest);
        if (status == 0)
            status = artefact_of(s, digest, "layer.zip", &artefact);
        if (status == 0)
            status = artefact_add(inv, &artefact, (uint32_t)i);
        if (status < 0)
            status = err_context(status, "layer %.*s", STR_ARG(s->sidecar.layers[i]));
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

static int scan_code(struct scan *s, const unsigned char code[SHA256_SIZE])
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    unsigned languages = 0;
    bool changed;
    int status = read_all(s, code, inv, &languages);
    if (status < 0)
        return failed(s, status);
    inv->target_kind = STR("archive");
    inventory_finish(inv);
    if (!s->sidecar.runtime.n) {
        bool is_new;
        s->runtime = guessed_runtime(languages);
        set_resource(s, s->resource.modified);
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

static int scan_function(struct scan *s)
{
    unsigned char code[SHA256_SIZE];
    char base64[BASE64];
    bool covered;
    int status = scan_folder_new(s->m, &s->folder);
    if (status == 0)
        status = fetch(s, arena_printf(s->arena, "%.*s.zip", STR_ARG(s->name)), "code.zip", code);
    if (status == ERR_MISSING)
        return function_gone(&s->place, s->account, s->name);
    if (status == 0)
        status = read_sidecar(s);
    if (status < 0)
        return status;
    EVP_EncodeBlock((unsigned char *)base64, code, SHA256_SIZE);
    s->sha256 = arena_str(s->arena, str_from(base64));
    s->runtime = s->sidecar.runtime.n ? runtime_name(s->sidecar.runtime) : (struct str){NULL, 0};
    bool supported = !s->sidecar.runtime.n || s->runtime.n;
    if (!s->runtime.n)
        s->runtime = supported ? runtime_before(s) : STR("UNSUPPORTED");
    set_resource(s, modified_of(s));
    status = scan_begin(s->m, &s->resource, &covered);
    if (status < 0 || !covered)
        return status;
    if (!supported)
        return scan_end(s->m, &s->resource, SCAN_STATUS_INACTIVE, REASON_UNSUPPORTED_RUNTIME,
                        arena_printf(s->arena, "runtime %.*s", STR_ARG(s->sidecar.runtime)));
    return scan_code(s, code);
}

/* 1: there is nothing to do. */
static int begin(struct scan *s, struct monitor *m, const struct job *job)
{
    struct str id;
    s->m = m;
    s->arena = arena_new(0);
    s->account = job->account;
    if (!str_cut(job->subject, ' ', &id, &s->name) || !function_name_valid(s->name))
        return err_set(ERR_INVALID, "not a function to scan: %.*s", STR_ARG(job->subject));
    if (!scan_enabled(m, job->account, SCAN_OF_LAMBDA))
        return 1;
    int status = scan_origin(m, s->arena, job->account, id, &s->origin);
    if (status < 0)
        return status == ERR_MISSING ? 1 : status;
    s->place = (struct function_place){m, &s->origin, s->arena};
    return 0;
}

static int run(struct monitor *m, struct job *job)
{
    _cleanup_(scan_free) struct scan s = {0};
    int status = begin(&s, m, job);
    return status < 0 ? status : status ? 0 : scan_function(&s);
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
}

const struct job_kind job_scan_function = {
    .number = JOB_SCAN_FUNCTION,
    .name = "scan-function",
    .seconds = 120,
    .run = run,
    .give_up = give_up,
};
