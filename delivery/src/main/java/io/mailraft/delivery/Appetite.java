package io.mailraft.delivery;

/**
 * Hears how many claims the engine can use. Called from any thread, under the engine's locks, so it
 * must not block and must not call the engine.
 */
public interface Appetite {

  /** Claims of a zone that it wants to hold, those of limited domains not counted. */
  void wants(String zone, int claims);

  /**
   * Of this domain it can use no more than so many claims for now, 0 or more: it is throttled, slow
   * or away. So they do not fill the zone's window.
   */
  void limits(String zone, String domain, int claims);

  /** The domain is as others are again. */
  void frees(String zone, String domain);
}
