/* For tests of disks: images of a folder, as mkfs makes them without mounting anything. */
#ifndef ASSAY_TEST_DISK_UTIL_H
#define ASSAY_TEST_DISK_UTIL_H

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "sparse_disk.h"
#include "view_util.h"

static inline void run(const char *const *args)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *const environment[] = {path, NULL};
    pid_t pid;
    int exit = -1;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, args[0], &quiet, NULL, (char *const *)(uintptr_t)args, environment) != 0)
        fail_msg("%s is not installed", args[0]);
    posix_spawn_file_actions_destroy(&quiet);
    assert_int_equal(waitpid(pid, &exit, 0), pid);
    if (exit)
        fail_msg("%s with %s failed", args[0], args[2]);
}

/* The lines of a prototype file (mkfs.xfs(8)) for what is in the folder. */
static inline void prototype(FILE *to, const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        struct stat st;
        char target[4096] = "";
        const char *path = arena_printf(arena, "%s/%s", folder, e->d_name).p;
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || lstat(path, &st) < 0)
            continue;
        if (S_ISDIR(st.st_mode)) {
            fprintf(to, "%s d--%03o 0 0\n", e->d_name, st.st_mode & 0777);
            prototype(to, path);
            fprintf(to, "$\n");
        } else if (S_ISLNK(st.st_mode)) {
            assert_true(readlink(path, target, sizeof target - 1) > 0);
            fprintf(to, "%s l--777 0 0 %s\n", e->d_name, target);
        } else {
            fprintf(to, "%s ---%03o 0 0 %s\n", e->d_name, st.st_mode & 0777, path);
        }
    }
    closedir(dir);
}

/* An empty image of `mib` at `path`. */
static inline void blank(const char *path, off_t mib)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, mib << 20), 0);
    close(fd);
}

enum { OPTIONS_MAX = 24 };
/* Makes a file system of the folder; `options` are separated by blanks. */
static inline const char *make_fs(const char *name, off_t mib, const char *tool, const char *options,
                                  const char *folder)
{
    const char *image = at(name), *args[OPTIONS_MAX + 8];
    bool xfs = !strcmp(tool, "mkfs.xfs");
    struct str rest = str_from(options), option;
    size_t n = 0;
    blank(image, mib);
    args[n++] = tool;
    args[n++] = "-q";
    while (n < OPTIONS_MAX && str_next(&rest, ' ', &option))
        args[n++] = arena_cstr(arena, option);
    if (xfs) {
        FILE *to = fopen(at("prototype"), "w");
        assert_non_null(to);
        fprintf(to, "/\n0 0\nd--755 0 0\n");
        prototype(to, folder);
        fprintf(to, "$\n");
        assert_int_equal(fclose(to), 0);
        args[n++] = "-p";
        args[n++] = at("prototype");
    } else {
        args[n++] = "-F";
        args[n++] = "-d";
        args[n++] = folder;
    }
    args[n++] = image;
    args[n] = NULL;
    run(args);
    return image;
}

/* What a seed of a fuzz target holds. */
static inline const char *walk_seed(const char *name, const char *wanted)
{
    const char *source = getenv("ASSAY_SOURCE");
    struct str seed;
    struct view *v;
    assert_int_equal(file_read(arena,
                               arena_printf(arena, "%s/test/fuzz/corpus/%s", source ? source : ".", name).p,
                               1 << 20, &seed),
                     0);
    struct disk *disk = sparse_disk((const unsigned char *)seed.p, seed.n);
    if (view_open_disks(&disk, 1, &v) < 0)
        fail_msg("%s", err_text());
    const char *all = walk(arena, v, wanted);
    view_close(v);
    return all;
}

#endif
