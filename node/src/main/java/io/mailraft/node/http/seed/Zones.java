package io.mailraft.node.http.seed;

import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.json.InputException;
import io.mailraft.queue.Inspection;
import io.mailraft.queue.shard.Depth;
import io.mailraft.router.Router;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The zones that can be asked for: those of the cluster document, and those that hold mail still.
 */
final class Zones {
  private final Inspection inspection;
  private final Supplier<Router> router;

  Zones(Inspection inspection, Supplier<Router> router) {
    this.inspection = inspection;
    this.router = router;
  }

  Inspection inspection() {
    return inspection;
  }

  /** All names, sorted. */
  Set<String> names(Map<String, Depth> depths) {
    Set<String> names = new TreeSet<>(router.get().zones());
    names.addAll(depths.keySet());
    return names;
  }

  /**
   * The name as it is, where there is such a zone.
   *
   * @throws RefusedException if there is none
   */
  String known(String zone) throws RefusedException {
    if (!names(inspection.zones()).contains(zone)) {
      throw new RefusedException(
          HttpStatus.NOT_FOUND,
          "NotFound",
          "there is no zone " + InputException.quoted(zone) + "; GET /zones lists them");
    }
    return zone;
  }
}
