package io.mailraft.ops.house.planted.ops;

import io.mailraft.ops.house.planted.testkit.Sink;

/** Planted: no violation. */
record UsesTestkit(Sink sink) {}
