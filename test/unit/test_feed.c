/* feed: what each publisher's format becomes. Every row is a small input and the text of the batch it must
 * give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "feed/feed.h"

static void dump_ids(struct buf *to, const char *what, const struct str *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(to, " %s=%.*s", what, STR_ARG(ids[i]));
}

static void dump_severities(struct buf *to, const struct advisory_severity *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(to, " sev=%.*s|%.*s%.*s", STR_ARG(s[i].source), STR_ARG(s[i].vector),
                   STR_ARG(s[i].rating));
}

static void dump_affected(struct buf *to, const struct advisory_affected *a)
{
    buf_printf(to, "  %.*s %.*s", STR_ARG(a->ecosystem), STR_ARG(a->name));
    if (a->scheme.n)
        buf_printf(to, " scheme=%.*s", STR_ARG(a->scheme));
    if (a->module.n)
        buf_printf(to, " module=%.*s", STR_ARG(a->module));
    if (a->arch.n)
        buf_printf(to, " arch=%.*s", STR_ARG(a->arch));
    if (a->purl_type_qualifier.n)
        buf_printf(to, " %.*s", STR_ARG(a->purl_type_qualifier));
    if (a->fix != FIX_UNSTATED)
        buf_printf(to, " %s", fix_state_name(a->fix));
    if (a->binary)
        buf_printf(to, " binary");
    for (size_t i = 0; i < a->n_ranges; i++) {
        const struct advisory_range *r = &a->ranges[i];
        buf_printf(to, " %c%.*s,", r->after ? '(' : '[', STR_ARG(r->introduced));
        if (r->last_affected.n)
            buf_printf(to, "%.*s]", STR_ARG(r->last_affected));
        else
            buf_printf(to, "%.*s)", STR_ARG(r->fixed));
    }
    for (size_t i = 0; i < a->n_versions; i++)
        buf_printf(to, " =%.*s", STR_ARG(a->versions[i]));
    dump_severities(to, a->severities, a->n_severities);
    buf_add_c(to, '\n');
}

static void dump(struct buf *to, const struct advisory *a)
{
    char time[TIME_TEXT];
    buf_add_str(to, a->id);
    dump_ids(to, "alias", a->aliases, a->n_aliases);
    dump_ids(to, "up", a->upstream, a->n_upstream);
    dump_ids(to, "rel", a->related, a->n_related);
    dump_ids(to, "cwe", a->cwes, a->n_cwes);
    dump_severities(to, a->severities, a->n_severities);
    if (a->withdrawn != TIME_NONE)
        buf_printf(to, " withdrawn=%.10s", time_format(a->withdrawn, time));
    if (a->kev.added != TIME_NONE)
        buf_printf(to, " kev=%.10s", time_format(a->kev.added, time));
    if (a->kev.due != TIME_NONE)
        buf_printf(to, " due=%.10s%s", time_format(a->kev.due, time), a->kev.ransomware ? " ransomware" : "");
    if (a->ssvc.n)
        buf_printf(to, " ssvc=%.*s", STR_ARG(a->ssvc));
    for (size_t i = 0; i < a->n_references; i++)
        if (str_is(a->references[i].kind, "EXPLOIT"))
            buf_printf(to, " exploit=%.*s", STR_ARG(a->references[i].url));
    buf_add_c(to, '\n');
    for (size_t i = 0; i < a->n_affected; i++)
        dump_affected(to, &a->affected[i]);
}

static const struct row {
    const char *feed, *path; /* the file it pretends to be; NULL: the feed's first */
    const char *input, *expected;
} rows[] = {
#include "feed_rows.inc"
};

static const struct feed_file *file_of(const struct feed *feed, const char *path)
{
    const struct feed_file *f = feed->files;
    while (path && f->path && strcmp(f->path, path))
        f++;
    assert_non_null(f->path);
    return f;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        const struct feed *feed = feed_find(str_from(row->feed));
        assert_non_null(feed);
        _cleanup_(batch_cleanup) struct feed_batch *b = batch_new(&(struct batch_options){0});
        _cleanup_(buf_free) struct buf text = buf_new(1 << 20);
        buf_add_c(&text, '\n');
        if (feed->read(b, file_of(feed, row->path), str_from(row->input)) < 0) {
            buf_printf(&text, "error %s\n", err_text());
        } else {
            vec_each(a, &b->advisories) dump(&text, a);
            vec_each(e, &b->epss)
                buf_printf(&text, "%.*s %.5f %.5f\n", STR_ARG(e->cve), e->score, e->percentile);
            vec_each(s, &b->sources)
                buf_printf(&text, "%.*s %.*s of %.*s %.*s|%.*s\n", STR_ARG(s->ecosystem), STR_ARG(s->binary),
                           STR_ARG(s->source), STR_ARG(s->from), STR_ARG(s->to));
            if (b->skipped)
                buf_printf(&text, "skipped %zu: %s\n", b->skipped, b->skip_text);
        }
        char expected[8192];
        snprintf(expected, sizeof expected, "\n%s", row->expected);
        if (strcmp(text.p, expected))
            fail_msg("%s of %.60s...\ngives:%swanted:%s", row->feed, row->input, text.p, expected);
    }
}

/* The bounds of what a record may hold, and what the options leave out. */
static void test_options(void **state)
{
    (void)state;
    const struct feed *osv = feed_find(STR("osv"));
    struct str text =
        STR("{\"id\":\"X-1\",\"summary\":\"s\",\"details\":\"d\",\"references\":[{\"type\":\"WEB\",\"url\":"
            "\"a\"},{\"type\":\"FIX\",\"url\":\"b\"},{\"type\":\"FIX\",\"url\":\"a\"}]}");
    for (unsigned max = 0; max < 3; max++) {
        struct feed_batch *b =
            batch_new(&(struct batch_options){.facts_only = max == 1, .max_references = max});
        assert_int_equal(osv->read(b, osv->files, text), 0);
        assert_int_equal(b->advisories.at[0].n_references, max == 1 ? 1 : 2);
        assert_int_equal(b->advisories.at[0].summary.n, max == 1 ? 0 : 1);
        batch_free(b);
    }
}

/* Architectures of one Amazon advisory come in different files; they become one entry where they agree. */
static void test_join(void **state)
{
    (void)state;
    const struct feed *amazon = feed_find(STR("amazon"));
    static const char *const parts[] = {"x86_64", "aarch64"};
    struct feed_batch *all = NULL;
    for (size_t i = 0; i < 2; i++) {
        struct feed_batch *b = batch_new(&(struct batch_options){0});
        struct str text =
            arena_printf(b->arena,
                         "<updates><update><id>ALAS2-1</id><package name='same' version='1' release='2' "
                         "arch='%s'/><package name='differs' version='1' release='%zu' arch='%s'/>"
                         "</update></updates>",
                         parts[i], i, parts[i]);
        assert_int_equal(amazon->read(b, amazon->files, text), 0);
        if (all)
            batch_join(all, b);
        else
            all = b;
    }
    amazon->finish(all);
    _cleanup_(buf_free) struct buf text = buf_new(4096);
    assert_int_equal(all->advisories.n, 1);
    dump(&text, &all->advisories.at[0]);
    assert_string_equal(text.p, "ALAS2-1\n"
                                "  Amazon Linux:2 differs arch=x86_64 fixed binary [0,1-0)\n"
                                "  Amazon Linux:2 differs arch=aarch64 fixed binary [0,1-1)\n"
                                "  Amazon Linux:2 same fixed binary [0,1-2)\n");
    batch_free(all);
}

/* mirror.list names the base, repomd.xml the file and its digest; nothing leads out of the host or the
 * mirror. */
static void test_follow(void **state)
{
    (void)state;
    const struct feed *amazon = feed_find(STR("amazon"));
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct feed_file repomd, updateinfo;
    struct str list = STR("https://cdn.amazonlinux.com/2/core/2.0/x86_64/21ab\n");
    assert_int_equal(amazon->follow(a, &amazon->files[0], list, &repomd), 1);
    assert_string_equal(repomd.path, "amazon/cdn.amazonlinux.com/2/core/2.0/x86_64/21ab/repodata/repomd.xml");
    struct str xml =
        STR("<repomd><data type='primary'><location href='repodata/p'/></data><data type='updateinfo'>"
            "<checksum type='sha256'>37a9</checksum><open-checksum "
            "type='sha256'>219a</open-checksum><location href='repodata/updateinfo.xml.gz'/></data>"
            "</repomd>");
    assert_int_equal(amazon->follow(a, &repomd, xml, &updateinfo), 1);
    assert_string_equal(updateinfo.url,
                        "https://cdn.amazonlinux.com/2/core/2.0/x86_64/21ab/repodata/updateinfo.xml.gz");
    assert_string_equal(updateinfo.checksum, "unpacked-sha256:219a");
    assert_int_equal(amazon->follow(a, &updateinfo, xml, &repomd), 0);
    static const char *const bad[] = {"",
                                      "http://cdn.amazonlinux.com/2/core\n",
                                      "https://cdn.amazonlinux.com/../../etc\n",
                                      "https://evil.example/2\n",
                                      "https://cdn.amazonlinux.com/\n",
                                      "https://cdn.amazonlinux.com//x\n",
                                      "https://cdn.amazonlinux.com/a?b\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(amazon->follow(a, &amazon->files[0], str_from(bad[i]), &repomd), ERR_INVALID);
}

static void test_table(void **state)
{
    (void)state;
    for (const struct feed *const *f = feeds; *f; f++) {
        assert_true((*f)->name && (*f)->help && (*f)->licence && (*f)->url && (*f)->read);
        assert_ptr_equal(feed_find(str_from((*f)->name)), *f);
        size_t n = 0;
        for (const struct feed_file *file = (*f)->files; file->path; file++, n++) {
            assert_non_null(file->name);
            assert_true(file->path[0] != '/' && !strstr(file->path, ".."));
        }
        assert_true(n > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_options), cmocka_unit_test(test_join),
        cmocka_unit_test(test_follow), cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
