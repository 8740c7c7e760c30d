/* The disk and the clock of an unmodified program, made worse.
 *
 * Preloaded into a process, this library stands between it and glibc's calls on files, and fails, delays or fakes them as
 * a memory-mapped control file says, which another process may change at any time. It also keeps account of what would
 * survive a loss of power, so that the files can be rewound to that afterwards.
 *
 * It concerns regular files and directories below one folder, and the wall clock. Files are known by device and inode,
 * never by descriptor: descriptors are closed and reused behind our back (fclose, dup). Nothing here allocates memory
 * while the process starts, for its allocator may not be ready. Real calls are made as system calls, so nothing has to be
 * looked up, except where the vDSO is worth it (the clock).
 *
 * Not seen: writes through mmap, stdio's own writes (fwrite on an fdopen'ed file), io_uring, copy_file_range, sendfile.
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

/* The layout's version; disk/control.rs has the same layout. */
#define SHIM_VERSION 1
#define SHIM_SLOTS 65536
#define SHIM_SLOTS_AT 4096

enum sync_mode { SYNC_OK = 0, SYNC_FAIL = 1, SYNC_FAIL_AT = 2, SYNC_LIE = 3 };

/* The beginning of the control file. */
struct control {
    _Atomic uint64_t version;
    _Atomic uint64_t sync_mode;
    _Atomic uint64_t sync_delay_ms;
    /* SYNC_FAIL_AT: fails when it falls from 1 to 0. */
    _Atomic uint64_t sync_countdown;
    /* The errno that changes to files get, and that reads get; 0 is none. */
    _Atomic uint64_t write_errno;
    _Atomic uint64_t read_errno;
    _Atomic int64_t clock_offset_ms;
    /* Numbers the journal's records; kept here so that it survives the process and is shared by several. */
    _Atomic uint64_t sequence;
    /* Counted here, read by the harness. */
    _Atomic uint64_t syncs;
    _Atomic uint64_t failed_syncs;
    _Atomic uint64_t failed_writes;
    _Atomic uint64_t failed_reads;
    /* Changes that could not be accounted for: the table was full, or a file could not be kept. */
    _Atomic uint64_t unaccounted;
};

/* What is known of a file that was opened for writing; a table of these follows the control. */
struct slot {
    _Atomic uint64_t inode; /* 0: free */
    _Atomic uint64_t device;
    /* Bytes that survive a loss of power. */
    _Atomic uint64_t durable;
    /* The sequence number when the last successful sync began, or when accounting for the file did. */
    _Atomic uint64_t synced;
    /* A sync failed: the kernel has dropped the pages, and a later sync that succeeds saves none of them. */
    _Atomic uint64_t failed;
};

/* The kinds of the journal's records; disk/journal.rs has the same. */
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

/* Followed by the two names and the payload, which has the rest of `size`. */
struct record {
    uint32_t size;
    uint32_t kind;
    uint64_t sequence;
    uint64_t directory;
    uint64_t inode;
    uint64_t directory_to;
    /* RECORD_OVERWRITTEN: the offset; RECORD_DIRECTORY_SYNCED: the last sequence number that it covers;
     * RECORD_UNLINK and RECORD_RENAME: whether the file that lost its name is in the graveyard. */
    uint64_t value;
    uint32_t name_length;
    uint32_t name_to_length;
};

/* An entry of a directory. */
struct place {
    int tracked;
    int directory_fd;
    uint64_t directory;
    char name[256];
};

/* control.c: NULL until the library is set up, and if it is not wanted. */
extern struct control *shim_control;
extern int shim_journal_fd;
extern int shim_graveyard_fd;
/* Whether an open file or directory is below the folder. */
int shim_is_below(int fd);
/* -1 with errno, if changes (or reads) fail now; else 0. */
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
