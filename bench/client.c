/*
 * An SMTP client for measurements: hands in messages over some sessions, one after the other on each, and notes for every
 * message the time from the last byte of content to the 250. One thread and epoll, so that it takes little from a machine
 * which carries the relay as well. smtp-source does neither time a message nor vary the recipient's domain.
 *
 * client [-s SESSIONS] [-m MESSAGES] [-l BYTES] [-d DOMAINS] [-f FIRST] [-t TO] [-p] [-o FILE] PORT...
 *   -m 0     until SIGTERM; each session ends its message
 *   -d N     recipients at N domains in turn, d0.example to d(N-1).example, the first message at domain FIRST modulo N
 *   -t TO    recipient where there is no -d
 *   -p       MAIL, RCPT and DATA in one packet, where the server offers PIPELINING
 *   -o FILE  a line for each message: microseconds from the final dot to 250
 * Ports are of 127.0.0.1; sessions take them in turn. Prints one line at the end: messages, seconds, CPU seconds.
 * Ends with 1 at the first reply or event that it does not expect.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum state { BANNER, EHLO, MAIL, RCPT, DATA, CONTENT, QUIT, ENDED };
static const char *const NAMES[] = {"the banner", "EHLO", "MAIL", "RCPT", "DATA", "the content", "QUIT", "nothing"};

struct session {
  int fd, port, pipelining, in_bytes;
  enum state state;
  long to_send;       /* Bytes of content not yet written. */
  double dot;
  char in[8192];
};

static long messages = 1000, begun, done, first, domains, samples_max;
static int size = 2048, pipeline, running;
static const char *recipient = "reader@dest.example";
static char *content;
static long content_bytes;
static unsigned *samples;
static volatile sig_atomic_t ending;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void end(int signal) {
  (void)signal;
  ending = 1;
}

static void give_up(struct session *s, const char *what, const char *said) {
  fprintf(stderr, "client: port %d, waiting for the reply to %s: %s %s\n", s->port, NAMES[s->state], what, said);
  exit(1);
}

static void make_content(void) {
  content = malloc(size + 512);
  content_bytes = sprintf(content, "From: <bench@sender.example>\r\nTo: <%s>\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n"
                          "Message-Id: <%d@client.example>\r\nSubject: measured\r\n\r\n", recipient, getpid());
  while (content_bytes < size) {
    long line = size - content_bytes > 78 ? 76 : size - content_bytes;
    memset(content + content_bytes, 'x', line);
    content_bytes += line;
    content_bytes += sprintf(content + content_bytes, "\r\n");
  }
  content_bytes += sprintf(content + content_bytes, ".\r\n");
}

/* Commands are far smaller than an empty send buffer: they go out whole. */
static void say(struct session *s, const char *text, size_t bytes) {
  if (write(s->fd, text, bytes) != (ssize_t)bytes) {
    give_up(s, "cannot write:", strerror(errno));
  }
}

static void watch(int poller, struct session *s, int operation, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = s};
  if (epoll_ctl(poller, operation, s->fd, &event) < 0) {
    give_up(s, "epoll_ctl:", strerror(errno));
  }
}

static void next_message(struct session *s) {
  char text[512];
  int bytes;
  if (ending || (messages > 0 && begun >= messages)) {
    s->state = QUIT;
    say(s, "QUIT\r\n", 6);
    return;
  }
  s->state = MAIL;
  bytes = sprintf(text, "MAIL FROM:<bench@sender.example>\r\n");
  if (s->pipelining) {
    bytes += domains ? sprintf(text + bytes, "RCPT TO:<reader@d%ld.example>\r\nDATA\r\n", (first + begun) % domains)
                     : sprintf(text + bytes, "RCPT TO:<%s>\r\nDATA\r\n", recipient);
  }
  say(s, text, bytes);
  begun++;
}

static void send_content(int poller, struct session *s) {
  while (s->to_send > 0) {
    s->dot = now();
    ssize_t sent = write(s->fd, content + content_bytes - s->to_send, s->to_send);
    if (sent < 0) {
      if (errno != EAGAIN) {
        give_up(s, "cannot write:", strerror(errno));
      }
      watch(poller, s, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return;
    }
    s->to_send -= sent;
  }
}

static void note(double seconds) {
  if (done == samples_max) {
    samples_max = samples_max ? 2 * samples_max : 4096;
    samples = realloc(samples, samples_max * sizeof *samples);
    if (!samples) {
      fprintf(stderr, "client: no memory\n");
      exit(1);
    }
  }
  samples[done++] = (unsigned)(seconds * 1e6);
}

/* One whole reply has come; line is its last one, ended by 0. */
static void reply(int poller, struct session *s, const char *line, int offers_pipelining) {
  static const char EXPECTED[] = {'2', '2', '2', '2', '3', '2', '2'};
  char text[256];
  if (line[0] != EXPECTED[s->state]) {
    give_up(s, "got:", line);
  }
  switch (s->state) {
    case BANNER:
      s->state = EHLO;
      say(s, "EHLO client.example\r\n", 21);
      break;
    case EHLO:
      s->pipelining = pipeline && offers_pipelining;
      next_message(s);
      break;
    case MAIL:
      s->state = RCPT;
      if (!s->pipelining) {
        say(s, text, domains ? sprintf(text, "RCPT TO:<reader@d%ld.example>\r\n", (first + begun - 1) % domains)
                             : sprintf(text, "RCPT TO:<%s>\r\n", recipient));
      }
      break;
    case RCPT:
      s->state = DATA;
      if (!s->pipelining) {
        say(s, "DATA\r\n", 6);
      }
      break;
    case DATA:
      s->state = CONTENT;
      s->to_send = content_bytes;
      send_content(poller, s);
      break;
    case CONTENT:
      note(now() - s->dot);
      next_message(s);
      break;
    default:
      s->state = ENDED;
      close(s->fd);
      running--;
  }
}

static void readable(int poller, struct session *s) {
  ssize_t got = read(s->fd, s->in + s->in_bytes, sizeof s->in - s->in_bytes - 1);
  char *line = s->in, *newline;
  int offers = 0;
  if (got <= 0) {
    if (got < 0 && errno == EAGAIN) {
      return;
    }
    give_up(s, "the connection is lost", got < 0 ? strerror(errno) : "");
  }
  s->in_bytes += got;
  s->in[s->in_bytes] = 0;
  /* A reply of several lines stays in the buffer until its last line is there. */
  for (char *at = s->in; s->state != ENDED && (newline = strchr(at, '\n')); at = newline + 1) {
    *newline = 0;
    offers |= strncasecmp(at + (strlen(at) > 3 ? 4 : 0), "PIPELINING", 10) == 0;
    if (strlen(at) < 4 || at[3] != '-') {
      reply(poller, s, at, offers);
      line = newline + 1;
      offers = 0;
    } else {
      *newline = '\n';
    }
  }
  s->in_bytes -= line - s->in;
  memmove(s->in, line, s->in_bytes);
}

static void open_session(int poller, struct session *s, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  int on = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  s->port = port;
  s->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&to, sizeof to) < 0) {
    give_up(s, "cannot connect:", strerror(errno));
  }
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(s->fd, F_SETFL, O_NONBLOCK);
  watch(poller, s, EPOLL_CTL_ADD, EPOLLIN);
  running++;
}

int main(int count, char **arguments) {
  int option, sessions = 1, poller = epoll_create1(0);
  const char *file = NULL;
  struct epoll_event events[256];
  struct rusage used;
  double start;
  while ((option = getopt(count, arguments, "s:m:l:d:f:t:po:")) != -1) {
    switch (option) {
      case 's': sessions = atoi(optarg); break;
      case 'm': messages = atol(optarg); break;
      case 'l': size = atoi(optarg); break;
      case 'd': domains = atol(optarg); break;
      case 'f': first = atol(optarg); break;
      case 't': recipient = optarg; break;
      case 'p': pipeline = 1; break;
      case 'o': file = optarg; break;
      default: return 2;
    }
  }
  if (optind >= count || sessions < 1 || strlen(recipient) > 200) {
    fprintf(stderr, "client: needs a port, one session or more, and a recipient of 200 characters at most\n");
    return 2;
  }
  signal(SIGTERM, end);
  signal(SIGPIPE, SIG_IGN);
  make_content();
  start = now();
  struct session *all = calloc(sessions, sizeof *all);
  for (int i = 0; i < sessions; i++) {
    open_session(poller, &all[i], atoi(arguments[optind + i % (count - optind)]));
  }
  while (running > 0) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct session *s = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) {
        watch(poller, s, EPOLL_CTL_MOD, EPOLLIN);
        send_content(poller, s);
      }
      if (events[i].events & ~EPOLLOUT) {
        readable(poller, s);
      }
    }
  }
  getrusage(RUSAGE_SELF, &used);
  printf("%ld %.6f %.6f\n", done, now() - start, used.ru_utime.tv_sec + used.ru_stime.tv_sec
         + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6);
  if (file) {
    FILE *out = fopen(file, "w");
    if (!out) {
      perror(file);
      return 1;
    }
    for (long i = 0; i < done; i++) {
      fprintf(out, "%u\n", samples[i]);
    }
    return fclose(out) != 0;
  }
  return 0;
}
