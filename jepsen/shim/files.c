/* Replaces the calls that open, read, write and sync files. */
#include "shim.h"

#include <stdarg.h>
#include <sys/uio.h>
#include <time.h>

/* ---- open ---- */

static void note_created(const struct place *place, int fd) {
    struct stat file;
    if (fstat(fd, &file) != 0) return;
    shim_adopt(&file, 0);
    struct record record = {
        .kind = RECORD_CREATE, .sequence = shim_next(), .directory = place->directory, .inode = file.st_ino};
    shim_append(&record, place->name, NULL, NULL, 0);
}

/* An existing file is about to be opened for writing. */
static void note_reopened(int at, const char *path, int flags, const struct stat *file) {
    struct slot *slot = shim_slot(file);
    if (!slot) slot = shim_adopt(file, file->st_size);
    if (!slot || !(flags & O_TRUNC)) return;
    int reader = syscall(SYS_openat, at, path, O_RDONLY | O_CLOEXEC, 0);
    if (reader >= 0) {
        shim_keep_bytes(reader, slot, 0, file->st_size);
        syscall(SYS_close, reader);
    }
    shim_forget_content(slot);
}

static int open_at(int at, const char *path, int flags, mode_t mode) {
    int changes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    if (!shim_control || !changes || (flags & O_TMPFILE) == O_TMPFILE) return syscall(SYS_openat, at, path, flags, mode);
    struct place place;
    shim_locate(at, path, &place);
    struct stat file;
    int before = errno, existed = place.tracked && fstatat(at, path, &file, 0) == 0, fd = -1;
    errno = before;
    if (place.tracked && !existed && (flags & O_CREAT) && shim_write_fault()) goto done;
    if (existed && S_ISREG(file.st_mode) && !(flags & O_EXCL)) note_reopened(at, path, flags, &file);
    fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && place.tracked && !existed) note_created(&place, fd);
done:
    shim_leave(&place);
    return fd;
}

#define MODE(flags, last)                                        \
    ({                                                           \
        mode_t mode = 0;                                         \
        if ((flags) & (O_CREAT | O_TMPFILE)) {                   \
            va_list rest;                                        \
            va_start(rest, last);                                \
            mode = va_arg(rest, mode_t);                         \
            va_end(rest);                                        \
        }                                                        \
        mode;                                                    \
    })

SHOWN int open(const char *path, int flags, ...) { return open_at(AT_FDCWD, path, flags, MODE(flags, flags)); }
SHOWN int open64(const char *path, int flags, ...) { return open_at(AT_FDCWD, path, flags, MODE(flags, flags)); }
SHOWN int openat(int at, const char *path, int flags, ...) { return open_at(at, path, flags, MODE(flags, flags)); }
SHOWN int openat64(int at, const char *path, int flags, ...) { return open_at(at, path, flags, MODE(flags, flags)); }
SHOWN int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
SHOWN int creat64(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* ---- change ---- */

/* The slot of a tracked regular file, with its current state in `file`; otherwise NULL. */
static struct slot *tracked(int fd, struct stat *file) {
    if (!shim_control) return NULL;
    int before = errno;
    struct slot *slot = fstat(fd, file) == 0 && S_ISREG(file->st_mode) ? shim_slot(file) : NULL;
    errno = before;
    return slot;
}

static int before_change(int fd, int64_t from, uint64_t length) {
    struct stat file;
    struct slot *slot = tracked(fd, &file);
    if (!slot) return 0;
    if (shim_write_fault()) return -1;
    if (slot->durable == 0) return 0;
    if (from < 0) from = (fcntl(fd, F_GETFL) & O_APPEND) ? file.st_size : syscall(SYS_lseek, fd, 0, SEEK_CUR);
    shim_keep_bytes(fd, slot, from, from + length);
    return 0;
}

static uint64_t total(const struct iovec *parts, int count) {
    uint64_t length = 0;
    for (int part = 0; part < count; part++) length += parts[part].iov_len;
    return length;
}

SHOWN ssize_t write(int fd, const void *bytes, size_t length) {
    return before_change(fd, -1, length) ? -1 : syscall(SYS_write, fd, bytes, length);
}
SHOWN ssize_t pwrite(int fd, const void *bytes, size_t length, off_t from) {
    return before_change(fd, from, length) ? -1 : syscall(SYS_pwrite64, fd, bytes, length, from);
}
SHOWN ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t from) { return pwrite(fd, bytes, length, from); }
SHOWN ssize_t writev(int fd, const struct iovec *parts, int count) {
    return before_change(fd, -1, total(parts, count)) ? -1 : syscall(SYS_writev, fd, parts, count);
}
SHOWN ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t from) {
    return before_change(fd, from, total(parts, count)) ? -1 : syscall(SYS_pwritev, fd, parts, count, from, 0L);
}
SHOWN ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t from) { return pwritev(fd, parts, count, from); }
SHOWN ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t from, int flags) {
    return before_change(fd, from, total(parts, count)) ? -1 : syscall(SYS_pwritev2, fd, parts, count, from, 0L, flags);
}
SHOWN ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t from, int flags) {
    return pwritev2(fd, parts, count, from, flags);
}

/* Reserving space changes no byte. Punching and shifting may change the rest of the file. */
SHOWN int fallocate(int fd, int mode, off_t from, off_t length) {
    uint64_t changed = mode & ~FALLOC_FL_KEEP_SIZE ? (uint64_t)INT64_MAX - from : 0;
    return before_change(fd, from, changed) ? -1 : syscall(SYS_fallocate, fd, mode, from, length);
}
SHOWN int fallocate64(int fd, int mode, off64_t from, off64_t length) { return fallocate(fd, mode, from, length); }
SHOWN int posix_fallocate(int fd, off_t from, off_t length) {
    int before = errno, result = fallocate(fd, 0, from, length) ? errno : 0;
    errno = before;
    return result;
}
SHOWN int posix_fallocate64(int fd, off64_t from, off64_t length) { return posix_fallocate(fd, from, length); }

SHOWN int ftruncate(int fd, off_t length) {
    struct stat file;
    struct slot *slot = tracked(fd, &file);
    if (slot) {
        if (length > file.st_size && shim_write_fault()) return -1;
        shim_keep_bytes(fd, slot, length, file.st_size);
        if (length == 0) shim_forget_content(slot);
    }
    return syscall(SYS_ftruncate, fd, length);
}
SHOWN int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }
SHOWN int truncate(const char *path, off_t length) {
    int fd = open_at(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    int result = ftruncate(fd, length), cause = errno;
    syscall(SYS_close, fd);
    errno = cause;
    return result;
}
SHOWN int truncate64(const char *path, off64_t length) { return truncate(path, length); }

/* ---- read ---- */

static int before_read(int fd) {
    if (!shim_control || !shim_control->read_errno) return 0;
    struct stat file;
    int before = errno, concerns = fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && shim_is_below(fd);
    errno = before;
    return concerns ? shim_read_fault() : 0;
}

SHOWN ssize_t read(int fd, void *bytes, size_t length) {
    return before_read(fd) ? -1 : syscall(SYS_read, fd, bytes, length);
}
SHOWN ssize_t pread(int fd, void *bytes, size_t length, off_t from) {
    return before_read(fd) ? -1 : syscall(SYS_pread64, fd, bytes, length, from);
}
SHOWN ssize_t pread64(int fd, void *bytes, size_t length, off64_t from) { return pread(fd, bytes, length, from); }
SHOWN ssize_t readv(int fd, const struct iovec *parts, int count) {
    return before_read(fd) ? -1 : syscall(SYS_readv, fd, parts, count);
}
SHOWN ssize_t preadv(int fd, const struct iovec *parts, int count, off_t from) {
    return before_read(fd) ? -1 : syscall(SYS_preadv, fd, parts, count, from, 0L);
}
SHOWN ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t from) { return preadv(fd, parts, count, from); }

/* ---- sync ---- */

enum verdict { REAL, FAIL, LIE };

/* Waits for the configured delay, then decides what happens to a sync of a tracked file or directory. */
static enum verdict judge_sync(void) {
    shim_control->syncs++;
    uint64_t delay_ms = shim_control->sync_delay_ms, mode = shim_control->sync_mode;
    if (delay_ms) {
        struct timespec delay = {delay_ms / 1000, delay_ms % 1000 * 1000000};
        while (nanosleep(&delay, &delay) && errno == EINTR) {}
    }
    int fails = mode == SYNC_FAIL;
    if (mode == SYNC_FAIL_AT && shim_control->sync_countdown) fails = shim_control->sync_countdown-- == 1;
    if (!fails) return mode == SYNC_LIE ? LIE : REAL;
    shim_control->failed_syncs++;
    errno = EIO;
    return FAIL;
}

static int sync_fd(long call, int fd) {
    struct stat file;
    int before = errno;
    if (!shim_control || fstat(fd, &file) != 0) return syscall(call, fd);
    errno = before;
    struct slot *slot = S_ISREG(file.st_mode) ? shim_slot(&file) : NULL;
    if (!slot && !((S_ISDIR(file.st_mode) || S_ISREG(file.st_mode)) && shim_is_below(fd))) return syscall(call, fd);
    enum verdict verdict = judge_sync();
    if (verdict == FAIL && slot) slot->failed = 1;
    if (verdict != REAL) return verdict == LIE ? 0 : -1;
    /* A sync covers for certain only the bytes written before it begins. The file may have grown during the delay, so its
     * size is read again here. */
    uint64_t sequence = shim_control->sequence;
    fstat(fd, &file);
    int result = syscall(call, fd);
    if (result == 0 && slot) shim_file_synced(slot, file.st_size, sequence);
    if (result == 0 && S_ISDIR(file.st_mode)) shim_directory_synced(file.st_ino, sequence);
    return result;
}

SHOWN int fsync(int fd) { return sync_fd(SYS_fsync, fd); }
SHOWN int fdatasync(int fd) { return sync_fd(SYS_fdatasync, fd); }

/* Starts writing to the disk but guarantees nothing (sync_file_range(2): "extremely dangerous"). */
SHOWN int sync_file_range(int fd, off64_t from, off64_t length, unsigned flags) {
    struct stat file;
    if (tracked(fd, &file)) {
        enum verdict verdict = judge_sync();
        if (verdict != REAL) return verdict == LIE ? 0 : -1;
    }
    return syscall(SYS_sync_file_range, fd, from, length, flags);
}
