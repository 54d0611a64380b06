package io.mailraft.node.submit;

import io.mailraft.router.Routing;
import io.mailraft.router.Submission;

/** Gives each recipient of a message its sending zone. */
@FunctionalInterface
public interface ZoneChooser {

  /** Begins to route a message: all its recipients by the zones as they are at this moment. */
  Routing route(Submission submission);
}
