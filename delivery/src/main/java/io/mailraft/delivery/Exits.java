package io.mailraft.delivery;

import java.util.ArrayList;
import java.util.List;

/** Claims that leave the engine: collected under a zone's lock, reported outside of it. */
final class Exits {
  private enum Kind {
    RETURNED,
    REFUSED,
    DEFERRED
  }

  private record Exit(Kind kind, List<Held> claims, Reply reply, Hop hop) {}

  private record Redirect(Held claim, String source) {}

  private final List<Exit> exits = new ArrayList<>(0);
  private final List<Redirect> redirects = new ArrayList<>(0);
  private final List<Held> unfit = new ArrayList<>(0);

  /** They were not attempted. */
  void returned(List<Held> claims, Reply reason) {
    add(Kind.RETURNED, claims, reason, Hop.NONE);
  }

  /** It is to leave from a source that another node owns. */
  void redirected(Held claim, String source) {
    redirects.add(new Redirect(claim, source));
  }

  /** Another node is to try, since none of this one's sources may be used. */
  void unfit(Held claim) {
    unfit.add(claim);
  }

  /** They were not taken. */
  void refused(List<Held> claims, Reply reply, Hop hop) {
    add(Kind.REFUSED, claims, reply, hop);
  }

  /** They were not taken, which says nothing of them. */
  void deferred(List<Held> claims, Reply reply, Hop hop) {
    add(Kind.DEFERRED, claims, reply, hop);
  }

  private void add(Kind kind, List<Held> claims, Reply reply, Hop hop) {
    if (!claims.isEmpty()) {
      exits.add(new Exit(kind, claims, reply, hop));
    }
  }

  /** Reports them all. */
  void report(Endings endings) {
    for (Redirect redirect : redirects) {
      endings.redirected(redirect.claim(), redirect.source());
    }
    unfit.forEach(endings::unfit);
    for (Exit exit : exits) {
      for (Held held : exit.claims()) {
        switch (exit.kind()) {
          case RETURNED -> endings.returned(held, exit.reply());
          case REFUSED -> endings.refused(held, exit.reply(), exit.hop());
          case DEFERRED -> endings.deferred(held, exit.reply(), exit.hop());
        }
      }
    }
  }
}
