/* Moves the wall clock by an offset. The monotonic clock, and so every timer, is unchanged.
 *
 * Deadlines on the wall clock are translated for condition variables only, not for sem_timedwait, pthread_mutex_timedlock
 * and futex system calls. Rust's standard library and tokio wait on the monotonic clock. */
#include "shim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/time.h>
#include <time.h>

#define BILLION 1000000000LL

typedef int (*clock_call)(clockid_t, struct timespec *);
typedef int (*wait_call)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
typedef int (*clock_wait_call)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);

static clock_call real_clock;
static wait_call real_wait;
static clock_wait_call real_clock_wait;

/* Runs before the program begins. It looks up the calls that use the vDSO and those that are not system calls. */
__attribute__((constructor)) static void look_up(void) {
    real_clock = (clock_call)dlsym(RTLD_NEXT, "clock_gettime");
    real_clock_wait = (clock_wait_call)dlsym(RTLD_NEXT, "pthread_cond_clockwait");
    /* x86-64 also has an older version of this symbol, with another layout of the condition variable. */
    real_wait = (wait_call)dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real_wait) real_wait = (wait_call)dlsym(RTLD_NEXT, "pthread_cond_timedwait");
}

static struct timespec moved(struct timespec at, int64_t by_ms) {
    int64_t nanoseconds = at.tv_nsec + by_ms % 1000 * 1000000;
    at.tv_sec += by_ms / 1000 + (nanoseconds >= BILLION) - (nanoseconds < 0);
    at.tv_nsec = (nanoseconds + BILLION) % BILLION;
    return at;
}

static int64_t offset_ms(void) { return shim_control ? shim_control->clock_offset_ms : 0; }

SHOWN int clock_gettime(clockid_t clock, struct timespec *at) {
    int result = real_clock ? real_clock(clock, at) : (int)syscall(SYS_clock_gettime, clock, at);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) *at = moved(*at, offset_ms());
    return result;
}

SHOWN int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *at = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    if (zone) *(struct timezone *)zone = (struct timezone){0, 0};
    return 0;
}

SHOWN time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

/* The program computes a deadline on the wall clock with the moved clock, but the kernel waits with the real one. RocksDB
 * waits like this; without the translation its timers would fire at once, or an hour late. A deadline before 2001 is on
 * the monotonic clock, which counts from the start of the machine, and is not translated. */
static const struct timespec *real_deadline(const struct timespec *deadline, struct timespec *buffer) {
    if (!deadline || deadline->tv_sec < BILLION) return deadline;
    *buffer = moved(*deadline, -offset_ms());
    return buffer;
}

SHOWN int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                                 const struct timespec *restrict deadline) {
    struct timespec buffer;
    return real_wait(condition, mutex, real_deadline(deadline, &buffer));
}

SHOWN int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, clockid_t clock,
                                 const struct timespec *restrict deadline) {
    struct timespec buffer;
    return real_clock_wait(condition, mutex, clock, clock == CLOCK_REALTIME ? real_deadline(deadline, &buffer) : deadline);
}
