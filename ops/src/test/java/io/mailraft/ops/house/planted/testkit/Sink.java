package io.mailraft.ops.house.planted.testkit;

/** Planted: something that others reach for. */
public record Sink(int port) {}
