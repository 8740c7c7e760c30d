/* Replaces the calls that change directories. */
#include "shim.h"

#include <stdio.h>
#include <string.h>

/* Splits a path into its directory and a name in it. `tracked` is 0 if the directory is not below the folder or does not
 * exist. */
void shim_locate(int at, const char *path, struct place *place) {
    char parent[4096];
    place->tracked = 0;
    place->directory_fd = -1;
    if (!shim_control || !path) return;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    if (!length || length >= sizeof parent) return;
    size_t name_at = length;
    while (name_at && path[name_at - 1] != '/') name_at--;
    if (length - name_at >= sizeof place->name || name_at == length) return;
    memcpy(place->name, path + name_at, length - name_at);
    place->name[length - name_at] = 0;
    memcpy(parent, path, name_at);
    parent[name_at] = 0;
    int before = errno;
    place->directory_fd = syscall(SYS_openat, at, name_at ? parent : ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    struct stat directory;
    if (place->directory_fd >= 0 && fstat(place->directory_fd, &directory) == 0) {
        place->directory = directory.st_ino;
        place->tracked = shim_is_below(place->directory_fd);
    }
    errno = before;
}

void shim_leave(struct place *place) {
    if (place->directory_fd >= 0) syscall(SYS_close, place->directory_fd);
}

static int entry(const struct place *place, struct stat *found) {
    int before = errno, result = fstatat(place->directory_fd, place->name, found, AT_SYMLINK_NOFOLLOW);
    errno = before;
    return result == 0;
}

/* Links a file that is about to lose its name into the graveyard. Returns whether it is there. */
static uint64_t bury(const struct place *place, const struct stat *file, uint64_t sequence) {
    if (!S_ISREG(file->st_mode)) return 0;
    char grave[48];
    snprintf(grave, sizeof grave, "%llu.%llu", (unsigned long long)place->directory, (unsigned long long)sequence);
    int before = errno;
    long result = syscall(SYS_linkat, place->directory_fd, place->name, shim_graveyard_fd, grave, 0);
    if (result < 0) shim_control->unaccounted++;
    errno = before;
    return result == 0;
}

/* Records a new entry, after it was created. */
static void note_new(enum record_kind kind, const struct place *place) {
    struct stat made;
    if (!entry(place, &made)) return;
    struct record record = {.kind = kind, .sequence = shim_next(), .directory = place->directory, .inode = made.st_ino};
    shim_append(&record, place->name, NULL, NULL, 0);
}

static int remove_at(int at, const char *path, int flags) {
    struct place place;
    shim_locate(at, path, &place);
    struct stat file;
    if (place.tracked && entry(&place, &file)) {
        if (shim_control->write_errno == EIO && shim_write_fault()) {
            shim_leave(&place);
            return -1;
        }
        /* The record comes before the call. If the process is killed between them, the record is of a removal that did not
         * happen, and undoing it changes nothing. */
        int directory = flags & AT_REMOVEDIR;
        struct record record = {.kind = directory ? RECORD_RMDIR : RECORD_UNLINK,
                                .sequence = shim_next(),
                                .directory = place.directory,
                                .inode = file.st_ino};
        record.value = directory ? 0 : bury(&place, &file, record.sequence);
        shim_append(&record, place.name, NULL, NULL, 0);
    }
    int result = syscall(SYS_unlinkat, at, path, flags);
    shim_leave(&place);
    return result;
}

SHOWN int unlink(const char *path) { return remove_at(AT_FDCWD, path, 0); }
SHOWN int unlinkat(int at, const char *path, int flags) { return remove_at(at, path, flags); }
SHOWN int rmdir(const char *path) { return remove_at(AT_FDCWD, path, AT_REMOVEDIR); }
SHOWN int remove(const char *path) {
    struct stat file;
    int directory = lstat(path, &file) == 0 && S_ISDIR(file.st_mode);
    return remove_at(AT_FDCWD, path, directory ? AT_REMOVEDIR : 0);
}

static void note_rename(const struct place *from, const struct place *to) {
    struct stat moved, replaced;
    if (!entry(from, &moved)) return;
    struct record record = {.kind = RECORD_RENAME,
                            .sequence = shim_next(),
                            .directory = from->directory,
                            .inode = moved.st_ino,
                            .directory_to = to->directory};
    if (entry(to, &replaced) && replaced.st_ino != moved.st_ino) record.value = bury(to, &replaced, record.sequence);
    shim_append(&record, from->name, to->name, NULL, 0);
}

static int rename_at(int from_at, const char *from_path, int to_at, const char *to_path, unsigned flags) {
    struct place from, to;
    shim_locate(from_at, from_path, &from);
    shim_locate(to_at, to_path, &to);
    int result = (from.tracked || to.tracked) ? shim_write_fault() : 0;
    if (result == 0) {
        if (from.tracked && to.tracked && !(flags & ~1u)) note_rename(&from, &to);
        else if (from.tracked || to.tracked) shim_control->unaccounted++;
        result = syscall(SYS_renameat2, from_at, from_path, to_at, to_path, flags);
    }
    shim_leave(&from);
    shim_leave(&to);
    return result;
}

SHOWN int rename(const char *from, const char *to) { return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
SHOWN int renameat(int from_at, const char *from, int to_at, const char *to) { return rename_at(from_at, from, to_at, to, 0); }
SHOWN int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    return rename_at(from_at, from, to_at, to, flags);
}

static int link_at(int from_at, const char *from, int to_at, const char *to, int flags) {
    struct place place;
    shim_locate(to_at, to, &place);
    int result = place.tracked ? shim_write_fault() : 0;
    if (result == 0) result = syscall(SYS_linkat, from_at, from, to_at, to, flags);
    if (result == 0 && place.tracked) note_new(RECORD_LINK, &place);
    shim_leave(&place);
    return result;
}

SHOWN int link(const char *from, const char *to) { return link_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
SHOWN int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    return link_at(from_at, from, to_at, to, flags);
}

static int mkdir_at(int at, const char *path, mode_t mode) {
    struct place place;
    shim_locate(at, path, &place);
    struct stat there;
    int result = place.tracked && !entry(&place, &there) ? shim_write_fault() : 0;
    if (result == 0) result = syscall(SYS_mkdirat, at, path, mode);
    if (result == 0 && place.tracked) note_new(RECORD_MKDIR, &place);
    shim_leave(&place);
    return result;
}

SHOWN int mkdir(const char *path, mode_t mode) { return mkdir_at(AT_FDCWD, path, mode); }
SHOWN int mkdirat(int at, const char *path, mode_t mode) { return mkdir_at(at, path, mode); }
