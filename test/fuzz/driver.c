/* Replays files through a fuzz target without libFuzzer: every argument is a file or a folder of files. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str content;
    if (file_read(a, path, (size_t)64 << 20, &content) < 0) {
        fprintf(stderr, "%s\n", err_text());
        return 0;
    }
    /* An exact copy, so that a sanitizer sees the first byte past the end. */
    _cleanup_free_ uint8_t *exact = malloc(content.n ? content.n : 1);
    memcpy(exact, content.p, content.n);
    LLVMFuzzerTestOneInput(exact, content.n);
    return 1;
}

static int replay_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return replay(path);
    int n = 0;
    char file[4096];
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.' &&
            (size_t)snprintf(file, sizeof file, "%s/%s", path, e->d_name) < sizeof file)
            n += replay(file);
    closedir(dir);
    return n;
}

int main(int argc, char **argv)
{
    int n = 0;
    for (int i = 1; i < argc; i++)
        n += replay_folder(argv[i]);
    printf("%d inputs replayed\n", n);
    return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
