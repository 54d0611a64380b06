package io.mailraft.ops.house.planted.util;

/** Planted: a package without a duty. */
record Odds(int ends) {}
