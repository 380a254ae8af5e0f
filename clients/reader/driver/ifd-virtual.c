/*
 * A card reader without hardware, for pcscd (IFD handler 3.0).
 *
 * One reader is one unix socket. A process that connects to it is a card put on the reader; closing the
 * connection takes the card away. Both directions carry frames:
 *
 *     uint16 length, big endian | body
 *
 * Towards the card a body of one byte is a control: 00 power off, 01 power on, 02 reset, 04 tell your ATR.
 * Only 04 is answered (with the ATR). Every longer body is a command APDU, answered by one response APDU.
 *
 * Asked to beep and blink, it writes one byte more into the file SOCKET.blinks.
 *
 * In reader.conf:   DEVICENAME unix:MILLISECONDS:/path/of/the/socket
 * MILLISECONDS bounds every exchange. A card that is late, that speaks unasked or that breaks the framing is
 * ejected: after that nobody could tell which answer belongs to which command.
 *
 * Threads: pcscd's event thread calls polling() and IFDHICCPresence(); client threads call the others. A
 * connection is opened and closed in IFDHICCPresence() only, so no descriptor is reused while another thread
 * waits on it; everybody else ejects by shutdown(), which wakes the poll (close() alone would not).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <ifdhandler.h>

#include "frames.h"

#define READERS 16 /* pcscd itself opens at most 16 */
#define LONGEST_FRAME 65535 /* what a 16-bit length can say */
#define SHORTEST_COMMAND 4 /* CLA INS P1 P2, ISO 7816-4 */
#define SHORTEST_ANSWER 2 /* SW1 SW2 */
#define SHORTEST_ATR 2 /* TS T0, ISO 7816-3 */
#define CCID_ESCAPE 0x42000001 /* SCARD_CTL_CODE(1): PC_to_RDR_Escape, as libccid has it */
#define BLINKS ".blinks"
#define MOST_BLINKS 4096

enum control { POWER_OFF = 0, POWER_ON = 1, RESET = 2, TELL_ATR = 4 };

struct reader {
  pthread_mutex_t lock; /* guards all that follows; held for a whole exchange */
  int open;
  int listening;
  int card; /* -1: none */
  int ejected; /* the card is finished with, its removal not yet reported to pcscd */
  int wake; /* eventfd that ends polling() */
  int patience; /* ms */
  char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
  UCHAR atr[MAX_ATR_SIZE];
  DWORD atr_length;
};

static struct reader readers[READERS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up(void) {
  for (int i = 0; i < READERS; i++) {
    pthread_mutex_init(&readers[i].lock, NULL);
    readers[i].listening = readers[i].card = readers[i].wake = -1;
  }
}

/* pcscd numbers readers in the upper half of Lun and slots in the lower one; we have one slot each. */
static struct reader *reader_of(DWORD lun) {
  DWORD index = lun >> 16;
  pthread_once(&once, set_up);
  return index < READERS && (lun & 0xffff) == 0 ? &readers[index] : NULL;
}

static void eject(struct reader *r) {
  if (r->card < 0) return;
  shutdown(r->card, SHUT_RDWR);
  r->ejected = 1;
}

static int control(struct reader *r, enum control what, int64_t deadline) {
  UCHAR body = (UCHAR)what;
  return write_frame(r->card, &body, 1, deadline);
}

/* Sends a frame and reads one back into `answer`; 0 (and the card ejected) unless it fits the bounds. */
static size_t exchange(struct reader *r, const UCHAR *body, size_t size, UCHAR *answer, size_t least, size_t most) {
  int64_t deadline = now() + r->patience;
  struct pollfd unasked = {.fd = r->card, .events = POLLIN};
  UCHAR head[2];
  size_t length;
  if (r->card < 0 || r->ejected) return 0;
  if (poll(&unasked, 1, 0) > 0) goto bad;
  if (!write_frame(r->card, body, size, deadline) || !read_all(r->card, head, 2, deadline)) goto bad;
  length = (size_t)head[0] << 8 | head[1];
  if (length < least || length > most) goto bad;
  if (!read_all(r->card, answer, length, deadline)) goto bad;
  return length;
bad:
  eject(r);
  return 0;
}

static RESPONSECODE polling(DWORD lun, int timeout) {
  struct reader *r = reader_of(lun);
  struct pollfd wait[2];
  uint64_t drained;
  if (r == NULL) return IFD_COMMUNICATION_ERROR;
  pthread_mutex_lock(&r->lock);
  wait[0] = (struct pollfd){.fd = r->wake, .events = POLLIN};
  wait[1] = r->card >= 0 ? (struct pollfd){.fd = r->card, .events = POLLRDHUP}
                         : (struct pollfd){.fd = r->listening, .events = POLLIN};
  if (r->ejected) timeout = 0;
  pthread_mutex_unlock(&r->lock);
  if (poll(wait, 2, timeout) > 0 && wait[0].revents != 0) (void)!read(wait[0].fd, &drained, sizeof drained);
  return IFD_SUCCESS;
}

static RESPONSECODE stop_polling(DWORD lun) {
  struct reader *r = reader_of(lun);
  uint64_t one = 1;
  if (r == NULL || r->wake < 0) return IFD_COMMUNICATION_ERROR;
  (void)!write(r->wake, &one, sizeof one);
  return IFD_SUCCESS;
}

static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct stat old;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  strcpy(address.sun_path, path); /* its length was checked against the same array */
  if (lstat(path, &old) == 0 && S_ISSOCK(old.st_mode)) unlink(path);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && chmod(path, 0600) == 0 && listen(fd, 1) == 0)
    return fd;
  close(fd);
  return -1;
}

RESPONSECODE IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName) {
  struct reader *r = reader_of(Lun);
  char *rest = NULL;
  long patience;
  RESPONSECODE result = IFD_COMMUNICATION_ERROR;
  if (r == NULL || strncmp(DeviceName, "unix:", 5) != 0) return result;
  patience = strtol(DeviceName + 5, &rest, 10);
  if (patience < 1 || patience > 600000 || *rest != ':' || strlen(rest + 1) >= sizeof r->path) return result;
  pthread_mutex_lock(&r->lock);
  if (!r->open) {
    strcpy(r->path, rest + 1);
    r->patience = (int)patience;
    r->ejected = 0;
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->listening = listen_at(r->path);
    if (r->wake >= 0 && r->listening >= 0) {
      r->open = 1;
      result = IFD_SUCCESS;
    } else {
      if (r->wake >= 0) close(r->wake);
      if (r->listening >= 0) close(r->listening);
      r->wake = r->listening = -1;
    }
  }
  pthread_mutex_unlock(&r->lock);
  return result;
}

RESPONSECODE IFDHCreateChannel(DWORD Lun, DWORD Channel) {
  return (void)Lun, (void)Channel, IFD_NOT_SUPPORTED; /* a number names no socket */
}

RESPONSECODE IFDHCloseChannel(DWORD Lun) {
  struct reader *r = reader_of(Lun);
  if (r == NULL) return IFD_COMMUNICATION_ERROR;
  pthread_mutex_lock(&r->lock);
  if (r->open) {
    if (r->card >= 0) {
      eject(r);
      close(r->card);
    }
    close(r->listening);
    unlink(r->path);
    close(r->wake);
    r->open = r->ejected = 0;
    r->card = r->listening = r->wake = -1;
    r->atr_length = 0;
  }
  pthread_mutex_unlock(&r->lock);
  return IFD_SUCCESS;
}

static RESPONSECODE give(PDWORD length, PUCHAR value, const void *from, size_t size) {
  if (length == NULL || value == NULL || *length < size) return IFD_ERROR_INSUFFICIENT_BUFFER;
  memcpy(value, from, size);
  *length = size;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value) {
  struct reader *r = reader_of(Lun);
  static const UCHAR one = 1, many = READERS;
  RESPONSECODE (*poll_with)(DWORD, int) = polling;
  RESPONSECODE (*stop_with)(DWORD) = stop_polling;
  RESPONSECODE result;
  if (r == NULL) return IFD_COMMUNICATION_ERROR;
  switch (Tag) {
    case TAG_IFD_ATR:
      pthread_mutex_lock(&r->lock);
      result = give(Length, Value, r->atr, r->atr_length);
      pthread_mutex_unlock(&r->lock);
      return result;
    case TAG_IFD_SIMULTANEOUS_ACCESS: return give(Length, Value, &many, 1);
    case TAG_IFD_SLOTS_NUMBER: return give(Length, Value, &one, 1);
    /* Both, or a slow card on one reader would stop all the others. */
    case TAG_IFD_THREAD_SAFE:
    case TAG_IFD_SLOT_THREAD_SAFE: return give(Length, Value, &one, 1);
    case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT: return give(Length, Value, &poll_with, sizeof poll_with);
    case TAG_IFD_STOP_POLLING_THREAD: return give(Length, Value, &stop_with, sizeof stop_with);
    default: return IFD_ERROR_TAG;
  }
}

RESPONSECODE IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value) {
  return (void)Lun, (void)Tag, (void)Length, (void)Value, IFD_ERROR_VALUE_READ_ONLY;
}

RESPONSECODE IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1, UCHAR PTS2, UCHAR PTS3) {
  (void)Lun, (void)Flags, (void)PTS1, (void)PTS2, (void)PTS3;
  return Protocol == SCARD_PROTOCOL_T0 || Protocol == SCARD_PROTOCOL_T1 ? IFD_SUCCESS : IFD_PROTOCOL_NOT_SUPPORTED;
}

RESPONSECODE IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength) {
  struct reader *r = reader_of(Lun);
  RESPONSECODE result = IFD_ERROR_POWER_ACTION;
  const UCHAR tell = TELL_ATR;
  if (r == NULL) return IFD_COMMUNICATION_ERROR;
  pthread_mutex_lock(&r->lock);
  r->atr_length = 0;
  if (Action == IFD_POWER_DOWN) {
    if (r->card >= 0 && !r->ejected && !control(r, POWER_OFF, now() + r->patience)) eject(r);
    result = IFD_SUCCESS;
  } else if (r->card >= 0 && !r->ejected && (Action == IFD_POWER_UP || Action == IFD_RESET)) {
    if (!control(r, Action == IFD_RESET ? RESET : POWER_ON, now() + r->patience)) eject(r);
    else r->atr_length = exchange(r, &tell, 1, r->atr, SHORTEST_ATR, MAX_ATR_SIZE);
    if (r->atr_length > 0) result = IFD_SUCCESS;
  }
  /* At power-down pcscd may pass no place for an ATR. */
  if (Atr != NULL && AtrLength != NULL) {
    memcpy(Atr, r->atr, r->atr_length);
    *AtrLength = r->atr_length;
  }
  pthread_mutex_unlock(&r->lock);
  return result;
}

RESPONSECODE IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer,
                               PDWORD RxLength, PSCARD_IO_HEADER RecvPci) {
  struct reader *r = reader_of(Lun);
  size_t room, length = 0;
  if (RxLength == NULL) return IFD_COMMUNICATION_ERROR;
  room = *RxLength < LONGEST_FRAME ? *RxLength : LONGEST_FRAME;
  *RxLength = 0;
  /* A command of one byte would be read as a control by the card. */
  if (r == NULL || TxLength < SHORTEST_COMMAND || TxLength > LONGEST_FRAME) return IFD_COMMUNICATION_ERROR;
  pthread_mutex_lock(&r->lock);
  if (r->card >= 0 && !r->ejected) length = exchange(r, TxBuffer, TxLength, RxBuffer, SHORTEST_ANSWER, room);
  pthread_mutex_unlock(&r->lock);
  if (length == 0) return IFD_COMMUNICATION_ERROR;
  *RxLength = length;
  if (RecvPci != NULL) RecvPci->Protocol = SendPci.Protocol;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHICCPresence(DWORD Lun) {
  struct reader *r = reader_of(Lun);
  RESPONSECODE result = IFD_ICC_NOT_PRESENT;
  if (r == NULL) return IFD_COMMUNICATION_ERROR;
  pthread_mutex_lock(&r->lock);
  if (r->card >= 0) {
    struct pollfd p = {.fd = r->card, .events = POLLRDHUP};
    if (poll(&p, 1, 0) > 0) eject(r);
    if (r->ejected) {
      close(r->card);
      r->card = -1;
      r->ejected = 0; /* this call reports the removal; the next one may see another card */
    } else {
      result = IFD_SUCCESS;
    }
  } else if (r->open) {
    r->card = accept4(r->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (r->card >= 0) result = IFD_SUCCESS;
  }
  pthread_mutex_unlock(&r->lock);
  return result;
}

/* Shows a signal to whoever watches: one byte more in a file beside the socket, emptied before it grows. */
static int blink(const struct reader *r) {
  char path[sizeof r->path + sizeof BLINKS];
  struct stat is;
  int fd;
  snprintf(path, sizeof path, "%s%s", r->path, BLINKS);
  fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return 0;
  if (fstat(fd, &is) == 0 && is.st_size >= MOST_BLINKS) (void)!ftruncate(fd, 0);
  int shown = write(fd, "*", 1) == 1;
  close(fd);
  return shown;
}

/* One escape command is known, that of ACR1252U for its buzzer: e0 00 00 28 01 and a duration. */
RESPONSECODE IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer,
                         DWORD RxLength, LPDWORD pdwBytesReturned) {
  static const UCHAR buzzer[] = {0xe0, 0x00, 0x00, 0x28, 0x01}, done[] = {0xe1, 0x00, 0x00, 0x00, 0x00};
  struct reader *r = reader_of(Lun);
  int shown = 0;
  if (pdwBytesReturned != NULL) *pdwBytesReturned = 0;
  if (r == NULL || dwControlCode != CCID_ESCAPE || TxLength != sizeof buzzer + 1 ||
      memcmp(TxBuffer, buzzer, sizeof buzzer) != 0)
    return IFD_ERROR_NOT_SUPPORTED;
  if (RxBuffer == NULL || RxLength < sizeof done) return IFD_ERROR_INSUFFICIENT_BUFFER;
  pthread_mutex_lock(&r->lock);
  if (r->open) shown = blink(r);
  pthread_mutex_unlock(&r->lock);
  if (!shown) return IFD_COMMUNICATION_ERROR;
  memcpy(RxBuffer, done, sizeof done);
  if (pdwBytesReturned != NULL) *pdwBytesReturned = sizeof done;
  return IFD_SUCCESS;
}
