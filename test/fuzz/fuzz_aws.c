/* What AWS answers in XML, the files that its tools share, and names of images. The first line says which:
 * "ec2 DescribeVpcs", "elb ...", "elbv2 ...", "sts ..."; "profile"; "words"; "image". */
#include <stdlib.h>

#include "aws/ecr.h"
#include "aws/process.h"
#include "aws/profile.h"
#include "aws/query.h"
#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *name;
    const struct query_api *api;
} apis[] = {{"ec2", &query_ec2}, {"elb", &query_elb}, {"elbv2", &query_elbv2}, {"sts", &query_sts}};

/* What comes out is JSON, always. */
static void convert(struct arena *a, const struct query_api *api, const char *operation, struct str xml)
{
    _cleanup_(buf_free) struct buf to = buf_new(1 << 20);
    const struct query_operation *o = query_find(api, operation);
    struct str token;
    json_val *document;
    if (o && query_convert(a, api, o, xml, &to, &token) == 0 && json_parse(a, buf_str(&to), &document) < 0)
        abort();
}

static void read_profile(struct arena *a, struct str text)
{
    struct profiles p = {0};
    if (profiles_parse(a, "config", text, false, &p) < 0 ||
        profiles_parse(a, "credentials", text, true, &p) < 0)
        return;
    for (size_t i = 0; i < p.n; i++) {
        struct str head, name;
        if (str_cut(p.settings[i].section, ' ', &head, &name) && str_is(head, "profile") &&
            !profile_exists(&p, name))
            abort();
    }
    profile_get(&p, STR("default"), "role_arn");
    profile_endpoint(&p, STR("default"), STR("ec2"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str text = {(const char *)data, size}, line = {0}, kind, operation;
    const char **words;
    struct ecr_name name;
    str_next(&text, '\n', &line);
    if (str_is(line, "profile"))
        read_profile(a, text);
    else if (str_is(line, "words"))
        process_words(a, text, &words);
    else if (str_is(line, "image") && ecr_name_read(text, &name) && !name.repository.n)
        abort();
    else if (str_cut(line, ' ', &kind, &operation))
        for (size_t i = 0; i < sizeof apis / sizeof *apis; i++)
            if (str_is(kind, apis[i].name))
                convert(a, apis[i].api, arena_cstr(a, operation), text);
    return 0;
}
