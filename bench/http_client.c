/*
 * An HTTP client for measurements: posts one JSON body over and over on some connections that stay open, one request after
 * the other on each. One thread and epoll, as bench/client.c, so that both take the same little from the machine.
 *
 * http_client [-s CONNECTIONS] [-m MESSAGES] [-l BYTES] [-k] [-u PATH] PORT...
 *   -l N     bytes of text in the message
 *   -k       with an Idempotency-Key of its own for each request
 * Ports are of 127.0.0.1; connections take them in turn. Prints one line at the end: messages, seconds, CPU seconds, and the
 * times from the last byte of the request to the last one of its answer: p50 and p99 in milliseconds.
 * Ends with 1 at the first answer that is no 202 (200 for another path) or event that it does not expect.
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

struct connection {
  int fd, port;
  size_t in_bytes, to_send;
  double sent;
  char in[16384];
  char *request;
  size_t request_bytes;
};

static long messages = 1000, begun, done;
static int size = 2048, keys, running;
static const char *path = "/v1/messages";
static char *body;
static size_t body_bytes;
static float *samples;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void give_up(struct connection *c, const char *what, const char *said) {
  fprintf(stderr, "http_client: port %d: %s %s\n", c->port, what, said);
  exit(1);
}

static void make_body(void) {
  int line = 0;
  body = malloc(size * 2 + 512);
  body_bytes = sprintf(body, "{\"from\":\"bench@sender.example\",\"to\":\"reader@dest.example\",\"subject\":\"measured\",\"text\":\"");
  for (int i = 0; i < size; i++) {
    if (++line == 77) {
      body[body_bytes++] = '\\';
      body[body_bytes++] = 'n';
      line = 0;
    } else {
      body[body_bytes++] = 'x';
    }
  }
  body_bytes += sprintf(body + body_bytes, "\"}");
}

static void watch(int poller, struct connection *c, int operation, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(poller, operation, c->fd, &event) < 0) {
    give_up(c, "epoll:", strerror(errno));
  }
}

static void send_rest(int poller, struct connection *c) {
  ssize_t sent = write(c->fd, c->request + c->request_bytes - c->to_send, c->to_send);
  if (sent < 0 && errno != EAGAIN) {
    give_up(c, "the connection is lost:", strerror(errno));
  }
  c->to_send -= sent < 0 ? 0 : sent;
  if (c->to_send == 0) {
    c->sent = now();
  } else {
    watch(poller, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }
}

static void next(int poller, struct connection *c) {
  char key[64] = "";
  if (begun == messages) {
    close(c->fd);
    running--;
    return;
  }
  if (keys) {
    sprintf(key, "Idempotency-Key: bench-%d-%ld\r\n", getpid(), begun);
  }
  begun++;
  c->request_bytes = sprintf(c->request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n%s"
                             "Content-Length: %zu\r\n\r\n", path, c->port, key, body_bytes);
  memcpy(c->request + c->request_bytes, body, body_bytes);
  c->request_bytes += body_bytes;
  c->to_send = c->request_bytes;
  send_rest(poller, c);
}

static void readable(int poller, struct connection *c) {
  ssize_t got = read(c->fd, c->in + c->in_bytes, sizeof c->in - c->in_bytes - 1);
  char *end, *length;
  if (got <= 0) {
    if (got < 0 && errno == EAGAIN) {
      return;
    }
    give_up(c, "the connection is lost", got < 0 ? strerror(errno) : "");
  }
  c->in_bytes += got;
  c->in[c->in_bytes] = 0;
  end = strstr(c->in, "\r\n\r\n");
  if (!end) {
    return;
  }
  if (strncmp(c->in, "HTTP/1.1 20", 11) != 0) {
    give_up(c, "unexpected answer:", c->in);
  }
  length = strcasestr(c->in, "\r\ncontent-length:");
  if (!length || length > end) {
    give_up(c, "no length in:", c->in);
  }
  if (c->in + c->in_bytes < end + 4 + atol(length + 17)) {
    return;
  }
  samples[done++] = (now() - c->sent) * 1e3;
  c->in_bytes = 0;
  next(poller, c);
}

static int by_size(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return x < y ? -1 : x > y;
}

int main(int count, char **arguments) {
  int option, connections = 1, poller = epoll_create1(0);
  struct epoll_event events[256];
  struct rusage used;
  double start, seconds;
  while ((option = getopt(count, arguments, "s:m:l:ku:")) != -1) {
    switch (option) {
      case 's': connections = atoi(optarg); break;
      case 'm': messages = atol(optarg); break;
      case 'l': size = atoi(optarg); break;
      case 'k': keys = 1; break;
      case 'u': path = optarg; break;
      default: return 2;
    }
  }
  if (optind >= count || connections < 1 || messages < 1) {
    fprintf(stderr, "http_client: needs a port, one connection or more and one message or more\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  make_body();
  samples = calloc(messages, sizeof *samples);
  struct connection *all = calloc(connections, sizeof *all);
  start = now();
  for (int i = 0; i < connections; i++) {
    struct connection *c = &all[i];
    struct sockaddr_in to = {.sin_family = AF_INET};
    int on = 1;
    c->port = atoi(arguments[optind + i % (count - optind)]);
    to.sin_port = htons(c->port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->request = malloc(body_bytes + 1024);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0) {
      give_up(c, "cannot connect:", strerror(errno));
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    watch(poller, c, EPOLL_CTL_ADD, EPOLLIN);
    running++;
    next(poller, c);
  }
  while (running > 0) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) {
        watch(poller, c, EPOLL_CTL_MOD, EPOLLIN);
        send_rest(poller, c);
      }
      if (events[i].events & ~EPOLLOUT) {
        readable(poller, c);
      }
    }
  }
  seconds = now() - start;
  getrusage(RUSAGE_SELF, &used);
  qsort(samples, done, sizeof *samples, by_size);
  printf("%ld %.6f %.6f %.3f %.3f\n", done, seconds,
         used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6,
         samples[done / 2], samples[done * 99 / 100]);
  return 0;
}
