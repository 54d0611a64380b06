package io.mailraft.ops.house.planted.delivery;

import io.mailraft.ops.house.planted.queue.Shard;

/** Planted: a violation. */
record KnowsTheQueue(Shard shard) {}
