package io.mailraft.node.http.v1;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * What the templates of one message may do, counted while they do it: each look for a value, each
 * pass of a section and each value written is a step. So whatever sections stand within each other,
 * they end. Values are found in maps alone, by their names; nothing else of a value can be reached.
 * One thread uses it.
 */
final class MergeSteps implements Mustache.Collector, Mustache.Formatter {
  /** Most steps of all templates of one message. */
  static final int STEPS_MAX = 250_000;

  /**
   * Steps after which others have a turn: a virtual thread keeps its carrier until it gives way.
   */
  private static final int TURN_STEPS = 4_096;

  /** A name is gone through whole, so that a long one is more than a step. */
  private static final int STEP_CHARS = 16;

  private int steps;
  private int turn;

  private final Mustache.VariableFetcher fields =
      (context, name) -> {
        look(name);
        Map<?, ?> map = (Map<?, ?>) context;
        return map.containsKey(name) ? map.get(name) : Template.NO_FETCHER_FOUND;
      };

  private final Mustache.VariableFetcher nothing =
      (_, name) -> {
        look(name);
        return Template.NO_FETCHER_FOUND;
      };

  private void look(String name) {
    charge(1 + name.length() / STEP_CHARS);
  }

  private void charge(int cost) {
    steps += cost;
    if (steps > STEPS_MAX) {
      // Stays so: the library may ask again after an exception.
      steps = STEPS_MAX + 1;
      throw new MustacheException("too many steps");
    }
    turn += cost;
    if (turn >= TURN_STEPS) {
      turn = 0;
      giveWay();
    }
  }

  // Nothing relies on it: it keeps others from waiting for the whole of a message's steps.
  @SuppressWarnings("ThreadPriorityCheck")
  private static void giveWay() {
    if (Thread.currentThread().isInterrupted()) {
      throw new MustacheException("interrupted");
    }
    Thread.yield();
  }

  /** Whether it was too much. */
  boolean spent() {
    return steps > STEPS_MAX;
  }

  @Override
  public Mustache.VariableFetcher createFetcher(Object context, String name) {
    return context instanceof Map<?, ?> ? fields : nothing;
  }

  /** Asked for at each section. */
  @Override
  // No elements is how the library is told that it is no list.
  @SuppressWarnings("NullAway")
  public Iterator<?> toIterator(Object value) {
    charge(1);
    if (!(value instanceof Iterable<?> list)) {
      return null;
    }
    Iterator<?> elements = list.iterator();
    return new Iterator<Object>() {
      @Override
      public boolean hasNext() {
        return elements.hasNext();
      }

      @Override
      public Object next() {
        charge(1);
        return elements.next();
      }
    };
  }

  @Override
  public String format(Object value) {
    charge(1);
    return String.valueOf(value);
  }

  @Override
  public <K, V> Map<K, V> createFetcherCache() {
    return new HashMap<>();
  }
}
