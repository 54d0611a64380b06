package io.mailraft.config;

import java.net.URI;
import java.time.Duration;

/**
 * A call that the user's own application serves.
 *
 * @param url http or https
 * @param timeout time for a whole answer
 */
public record HookConfig(URI url, Duration timeout) {}
