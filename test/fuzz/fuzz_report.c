/* Reports of hosts: compressed or not, with their facts. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api/host_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_report(struct str text)
{
    struct arena *a = arena_new(0);
    struct inventory *inv = NULL;
    struct resource r = {.resource_id = STR("mi-0123456789abcdef0")};
    json_val *root;
    if (json_parse(a, text, &root) == 0 && host_report_read(a, root, &r, &inv) == 0)
        inventory_free(inv);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char digest[SHA256_HEX + 1];
    struct buf text = buf_new(1 << 20);
    int fd = memfd_create("report", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, data, size) == (ssize_t)size && host_report_unpack(fd, size, &text, digest) == 0)
        read_report(buf_str(&text));
    close(fd);
    buf_free(&text);
    return 0;
}
