/* Open ports of a whole region, and of one changed security group:
 * bench/make_region.py DIR; ninja -C build bench/reach_bench; build/bench/reach_bench DIR */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "reach/load.h"
#include "reach/open.h"

enum { UPDATES = 200 };

static int count(const struct reach_open *open, void *data)
{
    (void)open;
    ++*(size_t *)data;
    return 0;
}

static void count_changed(const struct instance *i, void *data)
{
    (void)i;
    ++*(size_t *)data;
}

/* Of the processor, which is all the time that one thread takes when nobody else wants it. */
static double since(double *from)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    double now = (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6, ms = now - *from;
    *from = now;
    return ms;
}

static int update(struct reach *r, const struct model *m, size_t n, size_t *touched)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct map *groups = &m->maps[KIND_GROUP];
    const struct group *g = groups->entries[n * 7919 % groups->n].value;
    struct str text =
        arena_printf(a,
                     "{\"SecurityGroups\":[{\"GroupId\":\"%.*s\",\"VpcId\":\"%.*s\","
                     "\"IpPermissions\":[{\"IpProtocol\":\"tcp\",\"FromPort\":%zu,\"ToPort\":%zu,"
                     "\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]}]}]}",
                     STR_ARG(g->node.id), STR_ARG(g->vpc->node.id), n, n + 1000);
    json_val *root;
    return json_parse(a, text, &root) < 0 ? -1 : reach_update(r, root, count_changed, touched);
}

int main(int argc, char **argv)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    double at = 0;
    since(&at);
    if (argc != 2 || load_directory(m, argv[1]) < 0) {
        fprintf(stderr, "%s\n", argc == 2 ? err_text() : "usage: reach_bench DIRECTORY");
        return 1;
    }
    model_link(m);
    double load = since(&at);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    double compute = since(&at);
    size_t ranges = 0, touched = 0;
    reach_each(r, count, &ranges);
    double list = since(&at), worst = 0, all = 0;
    for (size_t i = 0; i < UPDATES; i++) {
        since(&at);
        if (update(r, m, i, &touched) < 0)
            return 1;
        double ms = since(&at);
        all += ms;
        worst = ms > worst ? ms : worst;
    }
    struct reach_size size = reach_size(r);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu instances, %zu classes, %zu contexts, %zu open ranges\n", size.instances, size.classes,
           size.contexts, ranges);
    printf("load %.0f ms, compute %.0f ms, list %.0f ms, peak %ld MiB\n", load, compute, list,
           usage.ru_maxrss / 1024);
    printf("one changed group: %.2f ms on average, %.2f ms at worst, %zu instances each\n", all / UPDATES,
           worst, touched / UPDATES);
    return 0;
}
