/* What a host is: name, addresses, instance. Of a root that is not "/" only what its files say. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/vec.h"
#include "cmd/collect.h"

enum { LINE_MAX_BYTES = 4096, ADDRESSES_MAX = 100 };

static bool own_root(const struct collect *c)
{
    return !strcmp(c->root, "/");
}

/* The first line of a small file; empty without one. */
static struct str first_line(struct arena *a, const char *root, const char *path)
{
    struct str text, line = {0};
    if (file_read(a, arena_printf(a, "%s/%s", root, path).p, LINE_MAX_BYTES, &text) == 0)
        str_next(&text, '\n', &line);
    return str_trim(line);
}

/* ---- the machine ---- */

static struct str hex_of(struct arena *a, const char *purpose, struct str text)
{
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX + 1];
    struct sha256 *h = sha256_new();
    sha256_update(h, purpose, strlen(purpose));
    sha256_update(h, text.p, text.n);
    sha256_finish(h, digest);
    sha256_hex(digest, hex);
    return arena_str(a, str_from(hex));
}

/* machine-id(5) asks that the id itself is not told to others. Without one a random one is kept. */
int facts_machine(const struct collect *c, struct arena *a, struct str *ret_machine)
{
    struct str id = first_line(a, c->root, "etc/machine-id");
    if (id.n < 32)
        id = state_text(c, a, "machine");
    if (!id.n) {
        unsigned char random[SHA256_SIZE];
        char hex[SHA256_HEX + 1];
        if (getrandom(random, sizeof random, 0) != sizeof random)
            return err_errno("random numbers");
        sha256_hex(random, hex);
        id = arena_str(a, str_from(hex));
        int status = state_set_text(c, a, "machine", id);
        if (status < 0)
            return status;
    }
    *ret_machine = hex_of(a, "assay host\n", id);
    return 0;
}

/* The firmware's tables name instance and type on EC2, as root or not. */
static struct str dmi(const struct collect *c, struct arena *a, const char *name)
{
    struct str none = {0};
    if (!own_root(c) || !str_is(first_line(a, "/sys/class/dmi/id", "sys_vendor"), "Amazon EC2"))
        return none;
    return first_line(a, "/sys/class/dmi/id", name);
}

struct str facts_instance(const struct collect *c, struct arena *a)
{
    struct str id = dmi(c, a, "board_asset_tag");
    return str_starts(id, STR("i-")) ? id : (struct str){NULL, 0};
}

/* ---- name, addresses, start ---- */

static struct str host_name(const struct collect *c, struct arena *a)
{
    struct utsname u;
    struct str name = first_line(a, c->root, "etc/hostname");
    if (own_root(c) && uname(&u) == 0)
        name = arena_str(a, str_from(u.nodename));
    return name;
}

static const char *architecture(const char *machine)
{
    return strcmp(machine, "aarch64") ? machine : "arm64";
}

static bool tells(const struct ifaddrs *i)
{
    if (!i->ifa_addr || (i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
        return false;
    if (i->ifa_addr->sa_family == AF_INET6)
        return !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)i->ifa_addr)->sin6_addr);
    return i->ifa_addr->sa_family == AF_INET;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_addresses(struct arena *a, struct json_out *out)
{
    struct ifaddrs *list = NULL;
    VEC(const char *) texts = {0};
    if (getifaddrs(&list) < 0)
        return;
    for (const struct ifaddrs *i = list; i && texts.n < ADDRESSES_MAX; i = i->ifa_next) {
        char text[INET6_ADDRSTRLEN];
        if (!tells(i))
            continue;
        const void *address = i->ifa_addr->sa_family == AF_INET
                                  ? (const void *)&((const struct sockaddr_in *)i->ifa_addr)->sin_addr
                                  : &((const struct sockaddr_in6 *)i->ifa_addr)->sin6_addr;
        if (inet_ntop(i->ifa_addr->sa_family, address, text, sizeof text))
            vec_add(&texts, arena_str(a, str_from(text)).p);
    }
    freeifaddrs(list);
    if (texts.n)
        qsort(texts.at, texts.n, sizeof *texts.at, by_text);
    json_key(out, "addresses");
    json_begin_array(out);
    vec_each(text, &texts) json_out_str(out, str_from(*text));
    json_end_array(out);
    vec_free(&texts);
}

/* When the machine was started. Kept with the id of that start: computed anew it would move by a second now
 * and then, and each time the report would differ. */
static int64_t launched(const struct collect *c, struct arena *a)
{
    struct timespec up;
    struct str kept_id, kept_at, id = first_line(a, "/proc/sys/kernel/random", "boot_id");
    uint64_t at;
    if (str_cut(state_text(c, a, "start"), ' ', &kept_id, &kept_at) && str_eq(kept_id, id) &&
        str_u64(kept_at, &at))
        return (int64_t)at;
    if (clock_gettime(CLOCK_BOOTTIME, &up) < 0)
        return 0;
    at = (uint64_t)(time_now() - up.tv_sec);
    state_set_text(c, a, "start", arena_printf(a, "%.*s %llu", STR_ARG(id), (unsigned long long)at));
    return (int64_t)at;
}

/* ---- tags ---- */

static bool stated(const struct collect *c, struct str key)
{
    struct str name, value;
    for (size_t i = 0; i < c->n_tags; i++)
        if (str_cut(c->tags[i], '=', &name, &value) && str_eq(name, key))
            return true;
    return false;
}

/* Those of the enrolment token, and those of the command line, which win. */
static void write_tags(const struct collect *c, struct arena *a, const struct collect_key *key,
                       struct json_out *out)
{
    json_val *given = NULL;
    struct str name, value;
    if (key->tags.n && json_parse(a, key->tags, &given) < 0)
        given = NULL;
    json_key(out, "tags");
    json_begin_object(out);
    for (json_each_member(k, v, given))
        if (!stated(c, json_str(k)) && yyjson_is_str(v)) {
            json_key_str(out, json_str(k));
            json_out_str(out, json_str(v));
        }
    for (size_t i = 0; i < c->n_tags; i++)
        if (str_cut(c->tags[i], '=', &name, &value)) {
            json_key_str(out, name);
            json_out_str(out, value);
        }
    json_end_object(out);
}

void facts_write(const struct collect *c, struct arena *a, const struct collect_key *key,
                 struct json_out *out)
{
    struct utsname u;
    json_member_str(out, "name", host_name(c, a));
    if (uname(&u) == 0)
        json_member_str(out, "architecture", str_from(architecture(u.machine)));
    json_member_str(out, "instanceType", facts_instance(c, a).n ? dmi(c, a, "product_name") : STR(""));
    if (own_root(c)) {
        write_addresses(a, out);
        json_member_int(out, "launchedAt", launched(c, a));
    }
    write_tags(c, a, key, out);
}
