package io.mailraft.ops.house.planted.ops;

/** Planted: something that others reach for. */
public record Console(String name) {}
