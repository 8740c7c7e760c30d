/* Injects disk and clock faults into an unmodified program.
 *
 * This library is preloaded into a process and replaces glibc's file calls. A memory-mapped control file says which calls
 * fail, are delayed or only pretend to work; another process may change it at any time. The library also records which
 * bytes and names would survive a loss of power, so that the harness can rewind the files to that state.
 *
 * It affects regular files and directories below one folder, and the wall clock. It identifies files by device and inode,
 * never by descriptor, because it does not see every close and reuse of a descriptor (fclose, dup). It allocates no memory
 * while the process starts, because the allocator may not be ready. It makes the real calls as system calls, so it needs
 * no symbol lookup, except for the clock, where the vDSO is faster.
 *
 * It does not see writes through mmap, stdio's own writes (fwrite on an fdopen'ed file), io_uring, copy_file_range and
 * sendfile.
 */
#ifndef KEYRACK_SHIM_H
#define KEYRACK_SHIM_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

/* The version of the layout. disk/control.rs has the same layout. */
#define SHIM_VERSION 1
#define SHIM_SLOTS 65536
#define SHIM_SLOTS_AT 4096

enum sync_mode { SYNC_OK = 0, SYNC_FAIL = 1, SYNC_FAIL_AT = 2, SYNC_LIE = 3 };

/* The beginning of the control file. */
struct control {
    _Atomic uint64_t version;
    _Atomic uint64_t sync_mode;
    _Atomic uint64_t sync_delay_ms;
    /* SYNC_FAIL_AT: the sync that takes this from 1 to 0 fails. */
    _Atomic uint64_t sync_countdown;
    /* The errno with which changes of files fail, and reads; 0: they do not fail. */
    _Atomic uint64_t write_errno;
    _Atomic uint64_t read_errno;
    _Atomic int64_t clock_offset_ms;
    /* Numbers the journal's records. It is in the file so that it outlives the process and several processes share it. */
    _Atomic uint64_t sequence;
    /* The shim counts these, the harness reads them. */
    _Atomic uint64_t syncs;
    _Atomic uint64_t failed_syncs;
    _Atomic uint64_t failed_writes;
    _Atomic uint64_t failed_reads;
    /* Changes that could not be recorded: the table was full, or a file could not be saved. */
    _Atomic uint64_t unaccounted;
};

/* The state of a file that was opened for writing. A table of slots follows the control. */
struct slot {
    _Atomic uint64_t inode; /* 0: free */
    _Atomic uint64_t device;
    /* Bytes that survive a loss of power. */
    _Atomic uint64_t durable;
    /* The sequence number when the last successful sync began, or when the file got its slot. */
    _Atomic uint64_t synced;
    /* A sync failed: the kernel dropped the pages, and a later successful sync does not save them. */
    _Atomic uint64_t failed;
};

/* The kinds of the journal's records. disk/journal.rs has the same numbers. */
enum record_kind {
    RECORD_CREATE = 1,
    RECORD_MKDIR = 2,
    RECORD_LINK = 3,
    RECORD_UNLINK = 4,
    RECORD_RMDIR = 5,
    RECORD_RENAME = 6,
    RECORD_DIRECTORY_SYNCED = 7,
    RECORD_OVERWRITTEN = 8,
};

/* The head of a record. The two names follow, then the payload, which fills the rest of `size`. */
struct record {
    uint32_t size;
    uint32_t kind;
    uint64_t sequence;
    uint64_t directory;
    uint64_t inode;
    uint64_t directory_to;
    /* RECORD_OVERWRITTEN: the offset. RECORD_DIRECTORY_SYNCED: the last sequence number that the sync covers.
     * RECORD_UNLINK and RECORD_RENAME: whether the file that lost its name is in the graveyard. */
    uint64_t value;
    uint32_t name_length;
    uint32_t name_to_length;
};

/* A directory and a name in it. */
struct place {
    int tracked;
    int directory_fd;
    uint64_t directory;
    char name[256];
};

/* control.c: NULL until the library is set up, and in a process without the KEYRACK_SHIM_ variables. */
extern struct control *shim_control;
extern int shim_journal_fd;
extern int shim_graveyard_fd;
/* Whether an open file or directory is below the folder. */
int shim_is_below(int fd);
/* -1 with errno if changes (or reads) have to fail now; otherwise 0. */
int shim_write_fault(void);
int shim_read_fault(void);

/* durable.c */
struct slot *shim_slot(const struct stat *file);
struct slot *shim_adopt(const struct stat *file, uint64_t durable);
void shim_forget_content(struct slot *slot);
void shim_keep_bytes(int fd, const struct slot *slot, uint64_t from, uint64_t to);
void shim_file_synced(struct slot *slot, uint64_t size, uint64_t sequence);
void shim_directory_synced(uint64_t directory, uint64_t sequence);
uint64_t shim_next(void);
void shim_append(struct record *record, const char *name, const char *name_to, const void *payload, uint32_t payload_length);

/* names.c */
void shim_locate(int at, const char *path, struct place *place);
void shim_leave(struct place *place);

#endif
