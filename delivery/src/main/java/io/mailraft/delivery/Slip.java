package io.mailraft.delivery;

import java.util.List;

/**
 * What a connection is counted under, from when it is being opened until it is closed. Guarded by
 * the zone's lock.
 */
final class Slip {
  private List<Terms.Cap> caps;

  Slip(List<Terms.Cap> caps) {
    this.caps = caps;
  }

  List<Terms.Cap> caps() {
    return caps;
  }

  void caps(List<Terms.Cap> fresh) {
    caps = fresh;
  }
}
