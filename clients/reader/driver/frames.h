/*
 * Frames on a non-blocking stream socket, each operation bounded by one deadline (CLOCK_MONOTONIC, ms): a
 * peer that sends one byte a second must not stretch it.
 */
#ifndef COUNTERSIGN_FRAMES_H
#define COUNTERSIGN_FRAMES_H

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

typedef unsigned char byte;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until the card's socket is ready for `events`, or `deadline` passes. */
static int ready(int card, short events, int64_t deadline) {
  for (;;) {
    int64_t left = deadline - now();
    struct pollfd p = {.fd = card, .events = events};
    if (left <= 0) return 0;
    int n = poll(&p, 1, (int)left);
    if (n > 0) return 1;
    if (n == 0 || errno != EINTR) return 0;
  }
}

static int read_all(int card, byte *to, size_t size, int64_t deadline) {
  while (size > 0) {
    if (!ready(card, POLLIN, deadline)) return 0;
    ssize_t n = recv(card, to, size, MSG_DONTWAIT);
    if (n > 0) {
      to += n;
      size -= (size_t)n;
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
      return 0;
    }
  }
  return 1;
}

/* One segment for length and body: two would wait for each other (Nagle) on other transports. */
static int write_frame(int card, const byte *body, size_t size, int64_t deadline) {
  byte head[2] = {(byte)(size >> 8), (byte)size};
  size_t sent = 0;
  while (sent < size + 2) {
    struct iovec parts[2] = {{head, 2}, {(void *)body, size}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
    if (sent < 2) {
      parts[0].iov_base = head + sent;
      parts[0].iov_len = 2 - sent;
    } else {
      parts[0].iov_len = 0;
      parts[1].iov_base = (void *)(body + (sent - 2));
      parts[1].iov_len = size - (sent - 2);
    }
    if (!ready(card, POLLOUT, deadline)) return 0;
    ssize_t n = sendmsg(card, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) sent += (size_t)n;
    else if (n < 0 && errno != EINTR && errno != EAGAIN) return 0;
  }
  return 1;
}

#endif
