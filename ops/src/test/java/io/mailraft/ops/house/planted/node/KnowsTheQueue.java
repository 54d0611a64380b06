package io.mailraft.ops.house.planted.node;

import io.mailraft.ops.house.planted.queue.Shard;

/** Planted: no violation. */
record KnowsTheQueue(Shard shard) {}
