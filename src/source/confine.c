#include "source/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

/* Sanitizers reserve terabytes of addresses and make system calls of their own. */
#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

static int limit(__rlimit_resource_t which, uint64_t value)
{
    struct rlimit now, l = {value, value};
    if (getrlimit(which, &now) == 0 && now.rlim_max < value) /* it cannot be raised, and is tighter */
        l.rlim_cur = l.rlim_max = now.rlim_max;
    return setrlimit(which, &l) < 0 ? err_errno("setrlimit") : 0;
}

int confine_limits(uint64_t memory, unsigned seconds, unsigned files)
{
    int status = SANITIZED ? 0 : limit(RLIMIT_AS, memory);
    if (status == 0)
        status = limit(RLIMIT_CPU, seconds);
    if (status == 0)
        status = limit(RLIMIT_FSIZE, (uint64_t)1 << 30);
    if (status == 0)
        status = limit(RLIMIT_NOFILE, files);
    if (status == 0)
        status = limit(RLIMIT_CORE, 0);
    if (status == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0))
        status = err_errno("prctl");
    return status;
}

/* Rights by version of the interface (Landlock, "Kernel interface", access rights); headers may be older than
 * the kernel. */
#define FS_V1    0x1fffull /* EXECUTE to MAKE_SYM */
#define FS_V2    (FS_V1 | 1ull << 13 /* REFER */)
#define FS_V3    (FS_V2 | 1ull << 14 /* TRUNCATE */)
#define FS_V5    (FS_V3 | 1ull << 15 /* IOCTL_DEV */)
#define NET_V4   3ull /* BIND_TCP, CONNECT_TCP */
#define SCOPE_V6 3ull /* ABSTRACT_UNIX_SOCKET, SIGNAL */

struct ruleset {
    uint64_t handled_access_fs, handled_access_net, scoped;
};

int confine_files(const char *folder)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return err_set(ERR_UNSUPPORTED, "the kernel has no Landlock");
    struct ruleset rules = {.handled_access_fs = version >= 5   ? FS_V5
                                                 : version >= 3 ? FS_V3
                                                 : version == 2 ? FS_V2
                                                                : FS_V1,
                            .handled_access_net = version >= 4 ? NET_V4 : 0,
                            .scoped = version >= 6 ? SCOPE_V6 : 0};
    size_t size = version >= 6   ? sizeof rules
                  : version >= 4 ? offsetof(struct ruleset, scoped)
                                 : offsetof(struct ruleset, handled_access_net);
    _cleanup_fd_ int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    _cleanup_fd_ int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || at < 0)
        return err_errno("Landlock for %s", folder);
    struct landlock_path_beneath_attr rule = {
        .allowed_access =
            (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
             LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | 1ull << 14) &
            rules.handled_access_fs,
        .parent_fd = at};
    if (syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ||
        syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        return err_errno("Landlock for %s", folder);
    return 0;
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#endif

static const int calls[] = {
    SYS_read,
    SYS_pread64,
    SYS_readv,
    SYS_write,
    SYS_writev,
    SYS_lseek,
    SYS_close,
    SYS_openat,
    SYS_openat2,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_fcntl,
    SYS_ftruncate,
    SYS_unlinkat,
    SYS_readlinkat,
    SYS_getdents64,
    /* memory */
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    /* threads; those it may start are looked at below */
    SYS_futex,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_gettid,
    SYS_getpid,
    SYS_exit,
    SYS_exit_group,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    /* time, chance, and what the C library asks the system's size for */
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_getrandom,
    SYS_sysinfo,
    SYS_uname,
#ifdef SYS_getrlimit
    SYS_getrlimit,
#endif
#ifdef SYS_open
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_unlink,
    SYS_readlink,
    SYS_time,
    SYS_gettimeofday,
#endif
};

int confine_calls(void)
{
#ifdef ARCHITECTURE
    enum { CALLS = sizeof calls / sizeof *calls, ALLOW = SECCOMP_RET_ALLOW };
    enum { THREAD = 0x10000 /* CLONE_THREAD */ };
    const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
    struct sock_filter program[CALLS * 2 + 16];
    size_t n = 0;
    if (SANITIZED)
        return err_set(ERR_UNSUPPORTED, "a sanitizer makes system calls of its own");
#define ADD(...) program[n++] = (struct sock_filter)__VA_ARGS__
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
    for (size_t i = 0; i < CALLS; i++) {
        ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1));
        ADD(BPF_STMT(BPF_RET | BPF_K, ALLOW));
    }
    /* clone3's flags cannot be seen: without it the C library takes clone, of which threads pass. */
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0));
    ADD(BPF_STMT(BPF_RET | BPF_K, refuse));
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])));
    ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, THREAD, 0, 1));
    ADD(BPF_STMT(BPF_RET | BPF_K, ALLOW));
    ADD(BPF_STMT(BPF_RET | BPF_K, refuse));
#undef ADD
    struct sock_fprog filter = {(unsigned short)n, program};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
        return err_set(ERR_UNSUPPORTED, "the kernel has no seccomp filters");
    return 0;
#else
    return err_set(ERR_UNSUPPORTED, "no list of system calls for this processor");
#endif
}
