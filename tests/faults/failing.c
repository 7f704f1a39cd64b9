/* Runs a command in whose sight the n-th operation on files below a folder fails: tests/faults/files.py asks for every n.
 *
 *   failing NUMBER ERROR FOLDER REPORT COMMAND…
 *
 * NUMBER: 3 fails the third operation, 3+ that and all after it, 0 none. ERROR: the number of the error, e.g. 5 for EIO.
 * REPORT: a file that gets the number of operations and those that failed, a line each: name and path.
 *
 * The kernel asks this program about each system call (a seccomp filter with a listener), so it sees every way to call one, and
 * counts over all threads and children of the command. Linux on x86-64 only. Exits as the command did, 128 + N by signal N.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where a call's files are: the argument with a descriptor, that with a path (relative to the descriptor before it), or none. */
struct operation {
    int number;
    const char *name;
    int descriptor, path, other_descriptor, other_path;
};

#define BY_FD(name, at) { SYS_##name, #name, at, -1, -1, -1 }
#define BY_PATH(name, at) { SYS_##name, #name, -1, at, -1, -1 }
#define BY_BOTH(name) { SYS_##name, #name, 0, 1, -1, -1 }

static const struct operation operations[] = {
    BY_PATH(open, 0), BY_PATH(creat, 0), BY_BOTH(openat), BY_BOTH(openat2),
    BY_FD(read, 0), BY_FD(pread64, 0), BY_FD(readv, 0), BY_FD(write, 0), BY_FD(pwrite64, 0), BY_FD(writev, 0),
    BY_FD(fsync, 0), BY_FD(fdatasync, 0), BY_FD(ftruncate, 0), BY_FD(fallocate, 0), BY_FD(flock, 0), BY_FD(getdents64, 0),
    BY_FD(fstat, 0), BY_FD(fchmod, 0), BY_FD(fstatfs, 0), BY_FD(copy_file_range, 2), BY_FD(sendfile, 0),
    BY_PATH(stat, 0), BY_PATH(lstat, 0), BY_BOTH(newfstatat), BY_BOTH(statx), BY_PATH(access, 0), BY_BOTH(faccessat),
    BY_BOTH(faccessat2), BY_PATH(statfs, 0), BY_PATH(readlink, 0), BY_BOTH(readlinkat),
    BY_PATH(mkdir, 0), BY_BOTH(mkdirat), BY_PATH(rmdir, 0), BY_PATH(unlink, 0), BY_BOTH(unlinkat), BY_PATH(chmod, 0),
    BY_BOTH(fchmodat), BY_PATH(truncate, 0), BY_BOTH(utimensat),
    { SYS_rename, "rename", -1, 0, -1, 1 }, { SYS_link, "link", -1, 0, -1, 1 },
    { SYS_renameat, "renameat", 0, 1, 2, 3 }, { SYS_renameat2, "renameat2", 0, 1, 2, 3 }, { SYS_linkat, "linkat", 0, 1, 2, 3 },
};
#define OPERATIONS (sizeof operations / sizeof *operations)

static void fail(const char *what) {
    perror(what);
    exit(125);
}

/* The filter: these calls are asked about, all others are left alone. Returns the listener. */
static int listen_to_calls(void) {
    struct sock_filter filter[4 + 2 * OPERATIONS + 1];
    size_t used = 0;
    filter[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < OPERATIONS; i++) {
        filter[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)operations[i].number, 0, 1);
        filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { .len = (unsigned short)used, .filter = filter };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("prctl");
    int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (listener < 0) fail("seccomp");
    return listener;
}

/* A descriptor goes from the child to the parent. */
union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
};

static void send_descriptor(int channel, int descriptor) {
    union control control = { 0 };
    char byte = 0;
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    if (sendmsg(channel, &message, 0) != 1) fail("sendmsg");
}

static int receive_descriptor(int channel) {
    union control control = { 0 };
    char byte;
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    if (recvmsg(channel, &message, 0) != 1 || !CMSG_FIRSTHDR(&message)) fail("recvmsg");
    int descriptor;
    memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
    return descriptor;
}

/* The path behind a descriptor of a thread, or its working folder. */
static int path_of_descriptor(unsigned thread, int descriptor, char *path, size_t size) {
    char link[64];
    if (descriptor == AT_FDCWD) snprintf(link, sizeof link, "/proc/%u/cwd", thread);
    else snprintf(link, sizeof link, "/proc/%u/fd/%d", thread, descriptor);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

static int read_text(unsigned thread, unsigned long long address, char *text, size_t size) {
    char name[64];
    snprintf(name, sizeof name, "/proc/%u/mem", thread);
    int memory = open(name, O_RDONLY | O_CLOEXEC);
    if (memory < 0) return 0;
    ssize_t length = pread(memory, text, size - 1, (off_t)address);
    close(memory);
    if (length < 0) return 0;
    text[length] = 0;
    return 1;
}

/* The path that a call is about. */
static int path_of(const struct seccomp_notif *asked, int descriptor, int at, char *path, size_t size) {
    int folder = descriptor < 0 ? AT_FDCWD : (int)asked->data.args[descriptor];
    if (at < 0) return path_of_descriptor(asked->pid, folder, path, size);
    char text[PATH_MAX];
    if (!read_text(asked->pid, asked->data.args[at], text, sizeof text)) return 0;
    if (text[0] == '/') {
        snprintf(path, size, "%s", text);
        return 1;
    }
    if (!path_of_descriptor(asked->pid, folder, path, size)) return 0;
    size_t length = strlen(path);
    if (text[0]) snprintf(path + length, size - length, "/%s", text);
    return 1;
}

static int is_below(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

int main(int count, char **arguments) {
    if (count < 6) {
        fprintf(stderr, "usage: failing NUMBER[+] ERROR FOLDER REPORT COMMAND...\n");
        return 125;
    }
    char *rest;
    long first = strtol(arguments[1], &rest, 10);
    int and_all_after = *rest == '+';
    int error = atoi(arguments[2]);
    const char *folder = arguments[3];
    FILE *report = fopen(arguments[4], "we");
    if (!report) fail(arguments[4]);

    int channel[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel)) fail("socketpair");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        int listener = listen_to_calls();
        send_descriptor(channel[1], listener);
        close(listener);
        execvp(arguments[5], arguments + 5);
        _exit(125);
    }
    close(channel[1]);
    int listener = receive_descriptor(channel[0]);

    struct seccomp_notif *asked = calloc(1, sizeof *asked + 4096);
    struct seccomp_notif_resp answer;
    long number = 0, failed = 0;
    for (;;) {
        struct pollfd wait = { .fd = listener, .events = POLLIN };
        if (poll(&wait, 1, -1) < 0 && errno != EINTR) break;
        if (!(wait.revents & POLLIN)) {
            if (wait.revents & (POLLHUP | POLLERR)) break;
            continue;
        }
        memset(asked, 0, sizeof *asked);
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, asked)) continue;
        const struct operation *operation = NULL;
        for (size_t i = 0; i < OPERATIONS && !operation; i++)
            if (operations[i].number == asked->data.nr) operation = &operations[i];
        char path[2 * PATH_MAX] = "";
        int below = operation && path_of(asked, operation->descriptor, operation->path, path, sizeof path) && is_below(path, folder);
        if (!below && operation && operation->other_path >= 0)
            below = path_of(asked, operation->other_descriptor, operation->other_path, path, sizeof path) && is_below(path, folder);
        int fails = 0;
        if (below) {
            number++;
            fails = first > 0 && (number == first || (and_all_after && number > first));
        }
        answer = (struct seccomp_notif_resp){ .id = asked->id };
        if (fails) {
            failed++;
            answer.error = -error;
            fprintf(report, "%s %s\n", operation->name, path);
        } else {
            answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        }
        /* An error is a thread that is gone. */
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    int status;
    if (waitpid(child, &status, 0) < 0) fail("waitpid");
    fprintf(report, "operations %ld, failed %ld\n", number, failed);
    fclose(report);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
