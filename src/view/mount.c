#include "view/mount.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "view/root.h"

/* statfs(2) f_type; those that linux/magic.h lacks are from the file systems' own sources in the kernel. */
enum {
    MAGIC_CONFIGFS = 0x62656570,
    MAGIC_FUSECTL = 0x65735543,
    MAGIC_MQUEUE = 0x19800202,
    MAGIC_RPC_PIPEFS = 0x67596969,
    MAGIC_NFSD = 0x6e667364,
    MAGIC_LUSTRE = 0x0bd00bd0,
    MAGIC_GFS2 = 0x01161970,
    MAGIC_GPFS = 0x47504653,
};
#define MAGIC_CIFS 0xff534d42u
#define MAGIC_FUSE 0x65735546u
#define MAGIC_SMB2 0xfe534d42u
#define MAGIC_CEPH 0x00c36400u

static const struct {
    uint32_t magic;
    const char *name; /* NULL: skipped in silence, as it holds no files of the machine */
} kinds[] = {
    {PROC_SUPER_MAGIC, NULL},     {SYSFS_MAGIC, NULL},
    {DEVPTS_SUPER_MAGIC, NULL},   {CGROUP_SUPER_MAGIC, NULL},
    {CGROUP2_SUPER_MAGIC, NULL},  {DEBUGFS_MAGIC, NULL},
    {TRACEFS_MAGIC, NULL},        {SECURITYFS_MAGIC, NULL},
    {PSTOREFS_MAGIC, NULL},       {EFIVARFS_MAGIC, NULL},
    {BPF_FS_MAGIC, NULL},         {HUGETLBFS_MAGIC, NULL},
    {BINFMTFS_MAGIC, NULL},       {NSFS_MAGIC, NULL},
    {SELINUX_MAGIC, NULL},        {SMACK_MAGIC, NULL},
    {MAGIC_CONFIGFS, NULL},       {MAGIC_FUSECTL, NULL},
    {MAGIC_MQUEUE, NULL},         {MAGIC_RPC_PIPEFS, NULL},
    {MAGIC_NFSD, NULL},           {AUTOFS_SUPER_MAGIC, "autofs"},
    {NFS_SUPER_MAGIC, "nfs"},     {SMB_SUPER_MAGIC, "smb"},
    {MAGIC_CIFS, "cifs"},         {MAGIC_SMB2, "smb"},
    {MAGIC_CEPH, "ceph"},         {AFS_SUPER_MAGIC, "afs"},
    {V9FS_MAGIC, "9p"},           {CODA_SUPER_MAGIC, "coda"},
    {MAGIC_FUSE, "fuse"},         {MAGIC_LUSTRE, "lustre"},
    {MAGIC_GFS2, "gfs2"},         {MAGIC_GPFS, "gpfs"},
    {OCFS2_SUPER_MAGIC, "ocfs2"},
};

struct entered {
    struct mount_place place;
    char *path; /* in the walk */
    char
        *fs_root; /* the directory of the file system that is seen there, from mountinfo; NULL when unknown */
};

struct mounts {
    int root;
    VEC(struct entered) entered;
};

int mount_place(int dir_fd, struct mount_place *ret_place)
{
    struct statx st;
    if (statx(dir_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO | STATX_MNT_ID, &st) < 0)
        return err_errno("status of a directory");
    *ret_place = (struct mount_place){
        .mount = st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0,
        .dev = makedev(st.stx_dev_major, st.stx_dev_minor),
        .ino = st.stx_ino,
        .top = st.stx_attributes & STATX_ATTR_MOUNT_ROOT,
    };
    return 0;
}

/* The fourth field of the line of mount `id` in /proc/self/mountinfo (proc_pid_mountinfo(5)). */
static char *fs_root_of(uint64_t id)
{
    _cleanup_file_ FILE *f = id ? fopen("/proc/self/mountinfo", "re") : NULL;
    _cleanup_free_ char *line = NULL;
    size_t size = 0;
    char *fs_root = NULL;
    while (f && !fs_root && getline(&line, &size, f) > 0) {
        unsigned long long at;
        int from = 0, to = 0;
        if (sscanf(line, "%llu %*u %*u:%*u %n%*s%n", &at, &from, &to) == 1 && at == id && to > from)
            fs_root = strndup(line + from, (size_t)(to - from));
    }
    return fs_root;
}

static void enter(struct mounts *m, const struct mount_place *place, struct str path, char *fs_root)
{
    vec_add(&m->entered, (struct entered){*place, strndup(path.n ? path.p : "", path.n), fs_root});
}

struct mounts *mounts_new(int root, const struct mount_place *place)
{
    struct mounts *m = mem_alloc(sizeof *m);
    m->root = root;
    enter(m, place, STR(""), place->top ? fs_root_of(place->mount) : NULL);
    return m;
}

void mounts_free(struct mounts *m)
{
    if (!m)
        return;
    vec_each(e, &m->entered)
    {
        free(e->path);
        free(e->fs_root);
    }
    vec_free(&m->entered);
    free(m);
}

/* Whether the entered mount `e` shows the directory `fs_root` of its file system, and it is this very one:
 * another mount may lie over it, and then it is seen only here. */
static bool shows(const struct mounts *m, const struct entered *e, const struct mount_place *place,
                  const char *fs_root)
{
    if (!fs_root || !e->fs_root)
        return false;
    size_t n = strcmp(e->fs_root, "/") ? strlen(e->fs_root) : 0;
    if (strncmp(e->fs_root, fs_root, n) || (fs_root[n] && fs_root[n] != '/'))
        return false;
    char path[4096];
    struct stat st;
    int length = snprintf(path, sizeof path, "%s%s", e->path, e->path[0] ? fs_root + n : fs_root + n + 1);
    if (length <= 0 || (size_t)length >= sizeof path || mount_is_storage((struct str){path, (size_t)length}))
        return false;
    _cleanup_fd_ int fd = root_resolve(m->root, path);
    return fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == place->dev && st.st_ino == place->ino;
}

static bool read_elsewhere(const struct mounts *m, const struct mount_place *place, const char *fs_root)
{
    vec_each(e, &m->entered)
    {
        if (e->place.dev == place->dev && (e->place.ino == place->ino || shows(m, e, place, fs_root)))
            return true;
    }
    return false;
}

bool mount_is_storage(struct str path)
{
    static const struct str storage[] = {
        {"var/lib/docker", 14}, {"var/lib/containers", 18}, {"var/lib/containerd", 18}};
    for (size_t i = 0; i < sizeof storage / sizeof *storage; i++)
        if (str_starts(path, storage[i]) && (path.n == storage[i].n || path.p[storage[i].n] == '/'))
            return true;
    return false;
}

/* Temporary file systems hold the machine's run-time state at these places, and users' files elsewhere. */
static bool run_time_state(struct str path)
{
    struct str first = path, rest;
    str_cut(path, '/', &first, &rest);
    return str_is(first, "dev") || str_is(first, "run") || str_is(first, "sys") || str_is(first, "proc");
}

enum mount_verdict mount_judge(struct mounts *m, int dir_fd, struct str path, const struct mount_place *place,
                               const char **ret_name)
{
    struct statfs fs;
    if (fstatfs(dir_fd, &fs) == 0) {
        uint32_t magic = (uint32_t)fs.f_type;
        if ((magic == TMPFS_MAGIC || magic == RAMFS_MAGIC) && run_time_state(path))
            return MOUNT_SKIP;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (kinds[i].magic == magic) {
                if (kinds[i].name)
                    *ret_name = kinds[i].name;
                return kinds[i].name ? MOUNT_NAMED : MOUNT_SKIP;
            }
    }
    char *fs_root = fs_root_of(place->mount);
    if (read_elsewhere(m, place, fs_root)) {
        free(fs_root);
        return MOUNT_SKIP;
    }
    enter(m, place, path, fs_root);
    return MOUNT_READ;
}
