/* Tries every way into the memory, the environment and the files of a process; says for each "NAME: ok" or why not. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int pid;

static void say(const char *name, long result) {
  printf("%s: %s\n", name, result < 0 ? strerror(errno) : "ok");
}

static void look(const char *name, const char *file) {
  char path[64], byte;
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  int descriptor = open(path, O_RDONLY);
  say(name, descriptor < 0 ? descriptor : pread(descriptor, &byte, 1, 0x1000));
}

static void follow(const char *name, const char *file) {
  char path[64], target[512];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  say(name, readlink(path, target, sizeof target));
}

int main(int count, char **arguments) {
  pid = count > 1 ? atoi(arguments[1]) : getpid();
  char byte;
  struct iovec local = {&byte, 1}, remote = {(void *)main, 1};
  look("environ", "environ");
  look("mem", "mem");
  look("maps", "maps");
  look("stack", "syscall");
  look("auxv", "auxv");
  follow("exe", "exe");
  follow("first-file", "fd/0");
  say("process-vm-readv", syscall(SYS_process_vm_readv, pid, &local, 1, &remote, 1, 0));
  say("process-vm-writev", syscall(SYS_process_vm_writev, pid, &local, 1, &remote, 1, 0));
  int handle = syscall(SYS_pidfd_open, pid, 0);
  say("pidfd-open", handle);
  say("pidfd-getfd", syscall(SYS_pidfd_getfd, handle, 0, 0));
  say("kcmp", syscall(SYS_kcmp, pid, pid, 0, 0, 0));
  if (pid != getpid()) {
    say("ptrace-seize", ptrace(PTRACE_SEIZE, pid, 0, 0));
    say("ptrace-attach", ptrace(PTRACE_ATTACH, pid, 0, 0));
  }
}
