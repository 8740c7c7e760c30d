/* Sets the library up and reads the faults from the control file. */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct control *shim_control;
int shim_journal_fd = -1;
int shim_graveyard_fd = -1;
static char folder[4096];
static size_t folder_length;

static void refuse(const char *why) {
    /* A process without the requested faults would look like a run that passed. */
    dprintf(2, "keyrack's disk shim %s: %s. The process ends.\n", why, strerror(errno));
    _exit(97);
}

__attribute__((constructor)) static void set_up(void) {
    const char *control = getenv("KEYRACK_SHIM_CONTROL"), *journal = getenv("KEYRACK_SHIM_JOURNAL");
    const char *graveyard = getenv("KEYRACK_SHIM_GRAVEYARD"), *below = getenv("KEYRACK_SHIM_DIR");
    if (!control || !journal || !graveyard || !below) return;
    folder_length = strlen(below);
    if (folder_length >= sizeof folder) refuse("cannot use KEYRACK_SHIM_DIR, its path is too long");
    memcpy(folder, below, folder_length + 1);
    shim_journal_fd = syscall(SYS_openat, AT_FDCWD, journal, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    if (shim_journal_fd < 0) refuse("cannot open its journal");
    shim_graveyard_fd = syscall(SYS_openat, AT_FDCWD, graveyard, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (shim_graveyard_fd < 0) refuse("cannot open its graveyard");
    int fd = syscall(SYS_openat, AT_FDCWD, control, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) refuse("cannot open its control file");
    size_t length = SHIM_SLOTS_AT + SHIM_SLOTS * sizeof(struct slot);
    void *mapped = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) refuse("cannot map its control file");
    syscall(SYS_close, fd);
    errno = EPROTO;
    if (((struct control *)mapped)->version != SHIM_VERSION) refuse("cannot use its control file, which has another version");
    shim_control = mapped;
}

int shim_is_below(int fd) {
    char link[32], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return !strncmp(path, folder, folder_length) && (path[folder_length] == 0 || path[folder_length] == '/');
}

int shim_write_fault(void) {
    int fault = (int)shim_control->write_errno;
    if (!fault) return 0;
    shim_control->failed_writes++;
    errno = fault;
    return -1;
}

int shim_read_fault(void) {
    int fault = (int)shim_control->read_errno;
    if (!fault) return 0;
    shim_control->failed_reads++;
    errno = fault;
    return -1;
}
