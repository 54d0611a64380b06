package io.mailraft.config;

/**
 * The gRPC admin listener.
 *
 * @param listen address; loopback only, since it does not ask who calls
 */
public record AdminConfig(HostPort listen) {}
