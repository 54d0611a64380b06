package io.mailraft.queue.control;

import io.mailraft.config.ClusterSettings;
import io.mailraft.config.ClusterYaml;
import io.mailraft.config.ConfigException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows what the control group agrees on: reads the cluster document, works out this node's
 * duties, hands them to who has them, and says so to the others.
 *
 * <p>On a thread of its own: a document may be large, and the apply thread must not wait for it. A
 * burst of changes is worked off in one go.
 */
public final class DutyKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DutyKeeper.class);
  private static final long LOOK_MILLIS = 20;

  private final ControlFold fold;
  private final Handoff handoff;
  private final Obeyer obeyer;
  private final LongConsumer saysObeyed;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().name("duties").factory());
  private Optional<ClusterSettings> settings = Optional.empty();
  private long readVersion;
  private long version;
  private Map<String, Suspension> suspensions = Map.of();
  private Optional<ControlView> agreed = Optional.empty();
  private long readIndex = -2;
  private long saidIndex = -2;
  private volatile Optional<Duties> current = Optional.empty();

  /** Who has the duties. Called on the keeper's thread. */
  public interface Obeyer {
    /** Takes over duties in place of the last ones. */
    void obey(Duties duties);

    /** Whether nothing is under way any more that the duties do not allow. */
    boolean obeyed();
  }

  /**
   * @param self name of this node
   * @param saysObeyed tells the others up to which log index this node obeys
   */
  public DutyKeeper(ControlFold fold, String self, Obeyer obeyer, LongConsumer saysObeyed) {
    this.fold = fold;
    this.handoff = new Handoff(self);
    this.obeyer = obeyer;
    this.saysObeyed = saysObeyed;
  }

  /** Begins to follow. */
  public void start() {
    fold.onChange(view -> run(this::follow));
    fold.onRenewal(
        renewal -> {
          if (renewal.obeyedIndex() > 0) {
            run(
                () -> {
                  if (handoff.obeyed(renewal.lease(), renewal.obeyedIndex())) {
                    handOut();
                  }
                });
          }
        });
  }

  /** The duties as they are; empty until the first document was read. */
  public Optional<Duties> current() {
    return current;
  }

  private void run(Runnable task) {
    try {
      thread.execute(
          () -> {
            try {
              task.run();
            } catch (RuntimeException e) {
              // The node would go on with old duties for ever.
              log.error("duties could not be taken over", e);
            }
          });
    } catch (RejectedExecutionException e) {
      log.trace("stopping", e);
    }
  }

  private void follow() {
    ControlView view = fold.current();
    if (view.index() == readIndex && settings.isPresent()) {
      return;
    }
    readIndex = view.index();
    boolean same = settings.isPresent() && agreed.filter(view::differsByTurn).isPresent();
    agreed = Optional.of(view);
    if (same && !handoff.newest().scarce(settings.get())) {
      say();
      return;
    }
    suspensions = view.suspensions();
    if (view.document().version() != readVersion) {
      read(view.document());
    }
    settings.ifPresent(
        known -> {
          handoff.agreed(view, Assignments.of(view, known));
          handOut();
          say();
        });
  }

  private void read(ClusterDocument document) {
    readVersion = document.version();
    try {
      settings =
          Optional.of(ClusterYaml.parse(document.yaml(), "cluster document " + document.version()));
      version = readVersion;
      log.info("cluster document {} is in force", version);
    } catch (ConfigException e) {
      // It was checked before it was proposed, by a node of another version perhaps.
      log.error(
          "cluster document {} cannot be used; this node goes on by the one before it, and the"
              + " others wait with what they may take over from it, until it runs their version",
          readVersion,
          e);
    }
  }

  private void handOut() {
    if (settings.isEmpty()) {
      return;
    }
    Map<String, Integer> connections = new TreeMap<>();
    settings
        .get()
        .zones()
        .keySet()
        .forEach(zone -> connections.put(zone, handoff.connections(zone)));
    Duties duties =
        new Duties(
            version, settings.get(), handoff.newest(), connections, suspensions, handoff::part);
    current = Optional.of(duties);
    obeyer.obey(duties);
  }

  /**
   * Says up to where this node obeys, once what it must not do any more has ended. It does not obey
   * a document that it cannot read.
   */
  private void say() {
    if (readVersion != version || readIndex == saidIndex) {
      return;
    }
    if (obeyer.obeyed()) {
      saidIndex = readIndex;
      saysObeyed.accept(saidIndex);
      return;
    }
    try {
      var _ = thread.schedule(() -> run(this::say), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.trace("stopping", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
