package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The times of a connection's parts. */
class StopwatchTest {
  private final AtomicLong nanos = new AtomicLong(5_000_000_000L);

  private void pass(long millis) {
    nanos.addAndGet(millis * 1_000_000);
  }

  @Test
  void each_part_has_its_time_and_the_first_transaction_alone_those_of_the_connection() {
    long begun = nanos.get();
    pass(7);
    Stopwatch watch = new Stopwatch(nanos::get, begun);
    assertThat(watch.attempt()).isEmpty();
    pass(11);
    watch.handshakeBegins();
    pass(13);
    watch.handshakeEnded("TLSv1.3", "TLS_AES_256_GCM_SHA384");
    pass(2);
    watch.mail();
    pass(17);
    assertThat(watch.attempt())
        .contains(new Attempt("TLSv1.3", "TLS_AES_256_GCM_SHA384", false, 7, 13, 13, 17, 0, 0));
    watch.content();
    pass(19);
    watch.dot();
    pass(23);
    assertThat(watch.attempt())
        .contains(new Attempt("TLSv1.3", "TLS_AES_256_GCM_SHA384", false, 7, 13, 13, 17, 19, 23));
    watch.over();
    assertThat(watch.attempt()).isEmpty();

    pass(1000);
    watch.mail();
    pass(3);
    watch.content();
    pass(5);
    assertThat(watch.attempt())
        .contains(new Attempt("TLSv1.3", "TLS_AES_256_GCM_SHA384", true, 0, 0, 0, 3, 5, 0));
  }
}
