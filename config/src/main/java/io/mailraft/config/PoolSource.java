package io.mailraft.config;

import java.net.InetAddress;
import java.util.Optional;

/**
 * One local address of a zone's pool.
 *
 * @param address the address that connections start from
 * @param name name in EHLO; that of the node where absent
 * @param weight part of the zone's connections that it gets, beside the others' weights; 1 to 1,000
 * @param warmUp how many sends a day it may take while it is new
 */
public record PoolSource(
    InetAddress address, Optional<String> name, int weight, Optional<WarmUp> warmUp) {}
