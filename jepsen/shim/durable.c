/* Records the bytes and names that would survive a loss of power.
 *
 * Contents: a file's first `durable` bytes survive, as they were when its last sync began. Appending needs no record.
 * Durable bytes are copied to the journal before they are overwritten or truncated.
 * Names: the journal has a record of each change of a directory and of each sync of one. A file that loses its name gets
 * another name in the graveyard, "<directory's inode>.<sequence>", until that directory is synced.
 */
#include "shim.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#define CHUNK 16384

static pthread_mutex_t syncing = PTHREAD_MUTEX_INITIALIZER;

static struct slot *slots(void) { return (struct slot *)((char *)shim_control + SHIM_SLOTS_AT); }

/* The file's slot, or the free slot for it; NULL if the table is full. Slots are never freed, so a search may stop at the
 * first free one. */
static struct slot *probe(uint64_t device, uint64_t inode) {
    uint64_t at = (inode * 0x9E3779B97F4A7C15u) >> 48;
    for (int tries = 0; tries < SHIM_SLOTS; tries++, at = (at + 1) % SHIM_SLOTS) {
        struct slot *slot = slots() + at;
        uint64_t found = slot->inode;
        if (found == 0 || (found == inode && slot->device == device)) return slot;
    }
    return NULL;
}

struct slot *shim_slot(const struct stat *file) {
    struct slot *slot = probe(file->st_dev, file->st_ino);
    return slot && slot->inode ? slot : NULL;
}

/* Gives a file a slot, or resets the slot if the inode belonged to another file before. */
struct slot *shim_adopt(const struct stat *file, uint64_t durable) {
    pthread_mutex_lock(&syncing);
    struct slot *slot = probe(file->st_dev, file->st_ino);
    if (slot) {
        slot->durable = durable;
        /* Older records of this inode in the journal belong to an earlier file. */
        slot->synced = shim_control->sequence;
        slot->failed = 0;
        slot->device = file->st_dev;
        slot->inode = file->st_ino;
    } else {
        shim_control->unaccounted++;
    }
    pthread_mutex_unlock(&syncing);
    return slot;
}

/* The file was emptied, so the bytes that a failed sync lost do not matter any more. */
void shim_forget_content(struct slot *slot) { slot->failed = 0; }

void shim_file_synced(struct slot *slot, uint64_t size, uint64_t sequence) {
    pthread_mutex_lock(&syncing);
    /* Two syncs of one file may end in the opposite order. */
    int newer = sequence > slot->synced || (sequence == slot->synced && size > slot->durable);
    if (!slot->failed && newer) {
        slot->durable = size;
        slot->synced = sequence;
    }
    pthread_mutex_unlock(&syncing);
}

uint64_t shim_next(void) { return ++shim_control->sequence; }

void shim_append(struct record *record, const char *name, const char *name_to, const void *payload, uint32_t payload_length) {
    record->name_length = name ? strlen(name) : 0;
    record->name_to_length = name_to ? strlen(name_to) : 0;
    record->size = sizeof *record + record->name_length + record->name_to_length + payload_length;
    struct iovec parts[4] = {
        {record, sizeof *record},
        {(void *)name, record->name_length},
        {(void *)name_to, record->name_to_length},
        {(void *)payload, payload_length},
    };
    int before = errno;
    if (syscall(SYS_writev, shim_journal_fd, parts, 4) != (ssize_t)record->size) shim_control->unaccounted++;
    errno = before;
}

/* Copies the durable bytes between two offsets to the journal. They are about to change. */
void shim_keep_bytes(int fd, const struct slot *slot, uint64_t from, uint64_t to) {
    if (to > slot->durable) to = slot->durable;
    if (from >= to) return;
    /* The caller's descriptor may be write-only. */
    char link[32], bytes[CHUNK];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int before = errno, reader = syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    if (reader < 0) shim_control->unaccounted++;
    while (reader >= 0 && from < to) {
        uint64_t wanted = to - from < CHUNK ? to - from : CHUNK;
        ssize_t length = syscall(SYS_pread64, reader, bytes, wanted, from);
        if (length <= 0) break;
        struct record record = {.kind = RECORD_OVERWRITTEN, .sequence = shim_next(), .inode = slot->inode, .value = from};
        shim_append(&record, NULL, NULL, bytes, length);
        from += length;
    }
    if (reader >= 0) syscall(SYS_close, reader);
    errno = before;
}

/* Records that the changes of a directory up to this sequence number are durable. */
void shim_directory_synced(uint64_t directory, uint64_t sequence) {
    int before = errno;
    struct record record = {
        .kind = RECORD_DIRECTORY_SYNCED, .sequence = shim_next(), .directory = directory, .value = sequence};
    shim_append(&record, NULL, NULL, NULL, 0);
    int fd = syscall(SYS_openat, shim_graveyard_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *graveyard = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; graveyard && (entry = readdir(graveyard));) {
        char *dot = NULL;
        uint64_t buried_from = strtoull(entry->d_name, &dot, 10);
        if (buried_from == directory && *dot == '.' && strtoull(dot + 1, NULL, 10) <= sequence)
            syscall(SYS_unlinkat, shim_graveyard_fd, entry->d_name, 0);
    }
    if (graveyard) closedir(graveyard);
    errno = before;
}
