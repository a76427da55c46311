/*
 * Starts a program so that the environment which the program is meant to have steers no process of root. It is linked
 * statically: no variable makes a loader bring code into it.
 *
 *     launch own PROGRAM ARGUMENT...           keep the user; set the given environment aside
 *     launch as UID DIRECTORY PROGRAM ARGUMENT...   become UID without any privilege; take what was set aside
 *
 * PROGRAM is an absolute path. A variable NAME is set aside as CODEX_WORKSPACE_CHILD_NAME, a name that no loader,
 * interpreter or library reads. The agent-wrapper passes the environment of its children in the same way.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SET_ASIDE "CODEX_WORKSPACE_CHILD_"

static const char own_prefix[] = "CODEX_WORKSPACE_";
static char own_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static char own_language[] = "LANG=C.UTF-8";

extern char **environ;

static void fail(const char *what) {
  fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
  exit(errno == ENOENT ? 127 : 126);
}

static int begins(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static char **new_environment(void) {
  size_t count = 0;
  while (environ[count] != NULL) count++;
  char **variables = calloc(count + 3, sizeof(char *));
  if (variables == NULL) fail("environment");
  return variables;
}

/* The port is the only variable of ours that a container may have: the health check asks it. */
static char **set_aside(void) {
  char **next = new_environment();
  size_t count = 0;
  next[count++] = own_path;
  next[count++] = own_language;
  for (char **variable = environ; *variable != NULL; variable++) {
    if (begins(*variable, "CODEX_WORKSPACE_PORT=")) {
      next[count++] = *variable;
    } else if (!begins(*variable, own_prefix)) {
      if (asprintf(&next[count++], SET_ASIDE "%s", *variable) < 0) fail("environment");
    }
  }
  return next;
}

static char **take_what_was_set_aside(void) {
  char **next = new_environment();
  size_t count = 0;
  for (char **variable = environ; *variable != NULL; variable++) {
    if (begins(*variable, SET_ASIDE)) next[count++] = *variable + strlen(SET_ASIDE);
  }
  return next;
}

static void become(const char *text) {
  char *end;
  errno = EINVAL;
  unsigned long id = strtoul(text, &end, 10);
  if (*text < '1' || *text > '9' || *end != '\0' || id >= 0xffffffffUL) fail(text);
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) fail("bounding set");
  }
  if (setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0) fail("user");
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct none[2] = {{0}, {0}};
  if (syscall(SYS_capset, &header, none) != 0) fail("capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  /* A change of the user resets it, so it comes after that. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail("death signal");
}

int main(int count, char **arguments) {
  char **program = NULL;
  char **variables = NULL;
  if (count >= 3 && strcmp(arguments[1], "own") == 0) {
    variables = set_aside();
    program = arguments + 2;
  } else if (count >= 5 && strcmp(arguments[1], "as") == 0) {
    variables = take_what_was_set_aside();
    become(arguments[2]);
    if (chdir(arguments[3]) != 0) fail(arguments[3]);
    program = arguments + 4;
  }
  if (program == NULL || program[0][0] != '/') {
    fputs("usage: launch own PROGRAM ARGUMENT... | launch as UID DIRECTORY PROGRAM ARGUMENT...\n", stderr);
    return 125;
  }
  execve(program[0], program, variables);
  fail(program[0]);
}
