package io.mailraft.router;

/**
 * What a table found.
 *
 * @param zone name of the zone
 * @param text the entry of the zone's settings, as operators write it
 */
record Match(String zone, String text) {}
