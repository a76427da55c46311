/*
 * Tries system calls that a workspace is to refuse, and some that it is to allow; says for each "NAME: ok", an error or how
 * the kernel ended it. Each runs in a process of its own. With the argument `namespace`, in user, mount, process and network
 * namespaces of its own, in which it has every capability. For x86-64.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct attempt {
  const char *name;
  long call, a, b, c, d, e;
};

/* As a program of 32 bits calls the kernel. */
static long legacy(long call, long a, long b, long c) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(call), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
  if (result < 0) {
    errno = -result;
    return -1;
  }
  return result;
}

#define LEGACY 1000000
#define UPPER (1L << 32)
#define X32 0x40000000

static unsigned legacy_arguments[3] = {40, 1, 0};

static const struct attempt attempts[] = {
    /* Allowed. */
    {"unix", SYS_socket, 1, 1, 0},
    {"unix-seqpacket", SYS_socket, 1, 5, 0},
    {"tcp", SYS_socket, 2, 1, 0},
    {"tcp-by-name", SYS_socket, 2, 1 | 02000000, 6},
    {"tcp6", SYS_socket, 10, 1, 0},
    {"udp", SYS_socket, 2, 2, 17},
    {"udp6", SYS_socket, 10, 2, 0},
    {"netlink-route", SYS_socket, 16, 3, 0},
    {"unix-pair", SYS_socketpair, 1, 1, 0, (long)&legacy_arguments},
    {"personality", SYS_personality, 0},
    {"reuse-address", SYS_setsockopt, 3, 1, 2, (long)&legacy_arguments[1], 4},
    {"no-delay", SYS_setsockopt, 3, 0, 1, (long)&legacy_arguments[1], 4},
    /* Refused: families of sockets. */
    {"refused packet", SYS_socket, 17, 3, 0},
    {"refused packet-dgram", SYS_socket, 17, 2, 0x0300},
    {"refused packet-old-name", SYS_socket, 2, 10, 0x0300},
    {"refused raw", SYS_socket, 2, 3, 255},
    {"refused raw6", SYS_socket, 10, 3, 58},
    {"refused sctp", SYS_socket, 2, 1, 132},
    {"refused l2tp", SYS_socket, 2, 2, 115},
    {"refused dccp", SYS_socket, 2, 6, 33},
    {"refused key", SYS_socket, 15, 3, 2},
    {"refused ax25", SYS_socket, 3, 2, 0},
    {"refused rds", SYS_socket, 21, 5, 0},
    {"refused llc", SYS_socket, 26, 1, 0},
    {"refused can", SYS_socket, 29, 3, 1},
    {"refused tipc", SYS_socket, 30, 5, 0},
    {"refused bluetooth", SYS_socket, 31, 3, 1},
    {"refused rxrpc", SYS_socket, 33, 2, 2},
    {"refused alg", SYS_socket, 38, 5, 0},
    {"refused nfc", SYS_socket, 39, 5, 0},
    {"refused vsock", SYS_socket, 40, 1, 0},
    {"refused kcm", SYS_socket, 41, 5, 0},
    {"refused smc", SYS_socket, 43, 1, 0},
    {"refused xdp", SYS_socket, 44, 3, 0},
    {"refused vsock-upper-half", SYS_socket, UPPER + 40, 1, 0},
    {"refused alg-upper-half", SYS_socket, UPPER + 38, 5, 0},
    {"refused packet-upper-half", SYS_socket, UPPER + 17, UPPER + 3, 0},
    {"refused vsock-pair", SYS_socketpair, 40, 1, 0, (long)&legacy_arguments},
    {"refused tipc-pair", SYS_socketpair, 30, 5, 0, (long)&legacy_arguments},
    {"refused netlink-xfrm", SYS_socket, 16, 3, 6},
    {"refused netlink-netfilter", SYS_socket, 16, 3, 12},
    {"refused netlink-audit", SYS_socket, 16, 3, 9},
    {"refused netlink-generic", SYS_socket, 16, 3, 16},
    {"refused netlink-diag", SYS_socket, 16, 3, 4},
    {"refused netlink-crypto", SYS_socket, 16, 3, 21},
    {"refused netlink-upper-half", SYS_socket, UPPER + 16, 3, UPPER + 12},
    /* Refused: options of a UDP socket (3) and of a UDP socket over IPv6 (4). */
    {"refused iptables", SYS_setsockopt, 3, 0, 64, (long)&legacy_arguments, 4},
    {"refused iptables-counters", SYS_setsockopt, 3, 0, 65, (long)&legacy_arguments, 4},
    {"refused arptables", SYS_setsockopt, 3, 0, 96, (long)&legacy_arguments, 4},
    {"refused ebtables", SYS_setsockopt, 3, 0, 128, (long)&legacy_arguments, 4},
    {"refused ip6tables", SYS_setsockopt, 4, 41, 64, (long)&legacy_arguments, 4},
    {"refused iptables-upper-half", SYS_setsockopt, 3, UPPER, UPPER + 64, (long)&legacy_arguments, 4},
    {"refused xfrm-policy", SYS_setsockopt, 3, 0, 17, (long)&legacy_arguments, 4},
    {"refused ipsec-policy", SYS_setsockopt, 3, 0, 16, (long)&legacy_arguments, 4},
    {"refused xfrm-policy6", SYS_setsockopt, 4, 41, 35, (long)&legacy_arguments, 4},
    /* Refused: the rest of the kernel. */
    {"refused io-uring", SYS_io_uring_setup, 8, (long)&legacy_arguments},
    {"refused keyctl", SYS_keyctl, 0, -3, 1},
    {"refused add-key", SYS_add_key, (long)"user", (long)"x", (long)"y", 1, -3},
    {"refused userfaultfd", SYS_userfaultfd, 0},
    {"refused bpf", SYS_bpf, 0, 0, 0},
    {"refused perf", SYS_perf_event_open, 0, 0, -1, -1, 0},
    {"refused fsopen", SYS_fsopen, (long)"tmpfs", 0},
    {"refused open-tree", SYS_open_tree, -100, (long)"/", 1},
    {"refused setns", SYS_setns, 0, 0},
    {"refused unshare-network", SYS_unshare, CLONE_NEWNET},
    {"refused unshare-all", SYS_unshare, CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS},
    {"refused unshare-time", SYS_unshare, 0x80},
    {"refused clone-uts", SYS_clone, CLONE_NEWUTS | SIGCHLD},
    {"refused clone-network-alone", SYS_clone, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD},
    {"refused clone-cgroup", SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWCGROUP | SIGCHLD},
    {"refused open-by-handle", SYS_open_by_handle_at, 0, (long)&legacy_arguments, 0},
    {"refused no-randomize", SYS_personality, 0x0040000},
    {"refused kexec", SYS_kexec_load, 0, 0, 0, 0},
    {"refused module", SYS_init_module, 0, 0, (long)""},
    {"refused swap", SYS_swapon, (long)"/x", 0},
    {"refused quota", SYS_quotactl, 0, 0, 0, 0},
    {"refused clone3", SYS_clone3, (long)&legacy_arguments, 64},
    /* Refused: 32 bits, and x32. */
    {"refused legacy-getpid", LEGACY + 20},
    {"refused legacy-socket", LEGACY + 359, 40, 1, 0},
    {"refused legacy-socketcall", LEGACY + 102, 1, 0, 0},
    {"refused legacy-keyctl", LEGACY + 288, 0, -3, 1},
    {"refused x32-getpid", X32 + 39},
    {"refused x32-socket", X32 + 41, 40, 1, 0},
};

static void run(const struct attempt *attempt) {
  pid_t child = fork();
  if (child == 0) {
    long result = attempt->call >= LEGACY && attempt->call < X32
                      ? legacy(attempt->call - LEGACY, attempt->a, attempt->b, attempt->c)
                      : syscall(attempt->call, attempt->a, attempt->b, attempt->c, attempt->d, attempt->e);
    /* A clone that succeeds is here twice. */
    if (attempt->call == SYS_clone && result == 0) _exit(0);
    printf("%s: %s\n", attempt->name, result < 0 ? strerror(errno) : "ok");
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) printf("%s: %s\n", attempt->name, strsignal(WTERMSIG(status)));
  fflush(stdout);
}

static int all(void) {
  if (socket(AF_INET, SOCK_DGRAM, 0) != 3 || socket(AF_INET6, SOCK_DGRAM, 0) != 4) perror("sockets 3 and 4");
  for (size_t index = 0; index < sizeof attempts / sizeof *attempts; index++) run(&attempts[index]);
  return 0;
}

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (count < 2 || strcmp(arguments[1], "namespace") != 0) return all();
  long child = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(all());
  if (child < 0) perror("namespace");
  int status;
  waitpid(child, &status, 0);
  return 0;
}
