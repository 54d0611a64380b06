package io.mailraft.ops.house.planted.queue;

/** Planted: something that others reach for. */
public record Shard(int number) {}
