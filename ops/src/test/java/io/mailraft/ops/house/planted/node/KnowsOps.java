package io.mailraft.ops.house.planted.node;

import io.mailraft.ops.house.planted.ops.Console;

/** Planted: a violation. */
record KnowsOps(Console console) {}
