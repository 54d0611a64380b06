package io.mailraft.queue.control;

import io.mailraft.config.ClusterSettings;
import java.util.Map;
import java.util.function.ToIntBiFunction;

/**
 * What is agreed on, and what of it is this node's to do just now.
 *
 * @param version of the cluster document that {@code settings} are of
 * @param settings the cluster document, read
 * @param assignments who serves what, once everybody obeys
 * @param connections this node's connections by zone, as long as not everybody does
 * @param suspensions zones for which nobody delivers, by name
 * @param part this node's part of a connection limit, by its counter
 */
public record Duties(
    long version,
    ClusterSettings settings,
    Assignments assignments,
    Map<String, Integer> connections,
    Map<String, Suspension> suspensions,
    ToIntBiFunction<String, Integer> part) {}
